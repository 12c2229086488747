import { z } from "@hono/zod-openapi";
import { costShape, foreignAxis, platformRow } from "./schemas.ts";

/** What goes out over HTTP of tables of other tools. */

/** Rows of an imported table are named by their keys there, and not all have an interval. */
const importedCostShape = {
  ...costShape,
  latency_low_s: z.number().optional(),
  latency_high_s: z.number().optional(),
};

const importedShape = z.record(z.string(), z.union([z.string(), z.number()]));
const importedQuestion = z
  .object({
    op: z.string().optional(),
    shape: importedShape,
    widths: z.object({
      in: z.number().optional(),
      mid: z.number().optional(),
      out: z.number().optional(),
    }),
  })
  .openapi("ImportedQuestion");

const importedAnswer = z
  .object({ ...importedCostShape, rows: z.array(z.string()) })
  .openapi("ImportedAnswer");

export const importedCostBody = z
  .object({
    schema: z.literal(1),
    question: importedQuestion,
    ...importedAnswer.shape,
    source: z.string(),
  })
  .openapi("ImportedCost");

export const importedMarginalBody = z
  .object({
    schema: z.literal(1),
    question: importedQuestion,
    grow: foreignAxis,
    by: z.number(),
    ...importedCostShape,
    freeUntil: z.number(),
    now: importedAnswer,
    wider: importedAnswer,
    source: z.string(),
  })
  .openapi("ImportedMarginal");

/** A row of another tool's table: what tells it apart stands beside its costs. */
export const importedRow = z
  .object({ key: z.string(), op: z.string() })
  .catchall(z.union([z.string(), z.number()]))
  .openapi("ImportedRow");

export const importedStairsRow = z
  .object({
    family: z.string(),
    axis: foreignAxis,
    step: z.number().optional(),
    confidence: z.number(),
    widths: z.number(),
    dear: z.array(z.object({ width: z.number(), than: z.number(), by: z.number() })),
  })
  .openapi("ImportedStairs");

/** A table of another tool, without its rows. */
export const importedSummary = z
  .object({
    id: z.number(),
    device: z.string(),
    format: z.string(),
    dialect: z.string(),
    rows: z.number(),
    source: z.string(),
    licence: z.string().optional(),
    importedAt: z.string(),
  })
  .openapi("ImportedTable");

export const platformsBody = z
  .object({ schema: z.literal(1), rows: z.array(platformRow), imported: z.array(importedSummary) })
  .openapi("Platforms");
