import { z } from "zod";
import { costBody, costShape, platformRow } from "../../service/schemas.ts";
import {
  importedCostBody,
  importedMarginalBody,
  importedRow,
  importedStairsRow,
  importedSummary,
} from "../../service/schemas-imported.ts";
import { cost, kernel, rowIds } from "./parts.ts";

/** What `query` prints under --json: the kernels, costs and platforms of the table. */

/** A kernel as it stands in the table, unsmoothed. */
const measuredShape = {
  kernel,
  key: z.string(),
  family: z.string(),
  provenance: z.enum(["measured", "derived", "imported", "simulated", "predicted"]),
  latency_s: z.number(),
  low_s: z.number().optional(),
  high_s: z.number().optional(),
  observations: z.number(),
  flags: z.array(z.string()),
  rows: rowIds,
};

const source = z.string().describe("where the numbers come from, in words");

export const costDocument = z.object({
  kernel,
  ...cost.shape,
  measured: z.object(measuredShape).optional(),
  like: costBody.shape.like,
  source,
});

export const importedCostDocument = importedCostBody.omit({ schema: true });
export const importedMarginalDocument = importedMarginalBody.omit({ schema: true });
export const importedRowsDocument = z.object({ rows: z.array(importedRow), source });

export const kernelMarginalDocument = z.object({
  kernel,
  grow: z.enum(["in", "out"]),
  by: z.number(),
  ...costShape,
  freeUntil: z.number(),
  now: cost,
  wider: cost,
  source,
});

/** A network's cost and its layers'. */
const networkCost = z
  .object({
    ...cost.shape,
    layers: z.array(z.object({ layer: z.string(), kernel, cost })),
  })
  .meta({ id: "NetworkCost" });

export const networkMarginalDocument = z.object({
  network: z.string(),
  layer: z.string(),
  by: z.number(),
  ...costShape,
  layers: z.array(z.string()).describe("layers that become wider together"),
  width: z.number(),
  freeUntil: z.number(),
  now: networkCost,
  wider: networkCost,
  source,
});

export const networkDocument = z.object({
  network: z.string(),
  ...networkCost.shape,
  overhead: z.object({
    latency_s: z.number(),
    energy_j: z.number().optional(),
    net_energy_j: z.number().optional(),
  }),
  macs: z.number(),
  parameters: z.number(),
  like: costBody.shape.like,
  source,
});

const stairs = z.object({
  family: z.string(),
  axis: z.enum(["in", "out"]),
  step: z.number().optional(),
  confidence: z.number().optional(),
  ownConfidence: z
    .number()
    .optional()
    .describe("from this family's measurements alone, whatever others show"),
  widths: z.number(),
  dear: z.array(z.object({ width: z.number(), than: z.number(), by: z.number() })),
});

export const stairsDocument = z.object({
  rows: z.array(stairs.extend({ example: kernel })),
  source,
});

export const importedStairsDocument = z.object({
  rows: z.array(importedStairsRow),
  source,
});

export const kernelsDocument = z.object({
  rows: z.array(z.object({ ...measuredShape, cost })),
  source,
});

export const platformsDocument = z.object({
  rows: z.array(
    platformRow.extend({
      runtimeBuild: z.string(),
      details: z.record(z.string(), z.unknown()),
    }),
  ),
  imported: z.array(importedSummary),
});
