import { z } from "zod";
import { costShape, kernel as restKernel } from "../../service/schemas.ts";
import { budgetSchema } from "../../workflows/search-folder.ts";

/** Parts that several documents hold, each printed once in docs/json.md under its name. */

export const kernel = restKernel.meta({ id: "Kernel" });

export const rowIds = z.array(z.number()).describe("ids of measurement rows");

export const cost = z.object({ ...costShape, rows: rowIds }).meta({ id: "Cost" });

export const network = z
  .looseObject({ name: z.string() })
  .meta({ id: "Network", description: "as in docs/network-format.md" });

export const numberByName = z.record(z.string(), z.number());

export const score = z
  .object({ loss: z.number(), accuracy: z.number(), count: z.number() })
  .meta({ id: "Score" });

const candidate = z.object({
  label: z.string(),
  widths: numberByName,
  cost: z.object({
    latency_s: z.number(),
    energy_j: z.number().optional(),
    macs: z.number(),
    parameters: z.number(),
    peakMemory_bytes: z.number().optional(),
  }),
  promise: z.number().optional(),
  split: z
    .object({
      added: numberByName,
      epsilon: z.number(),
      lossBefore: z.number(),
      predictedChange: z.number(),
      realisedChange: z.number(),
      gain: z.number(),
      gainBound: z.number(),
    })
    .optional(),
  epochs: z.number(),
  examples: z.number(),
  trainingLoss: z.number().optional(),
  validation: z
    .object({ loss: z.number(), lossError: z.number(), accuracy: z.number() })
    .optional(),
  diverged: z.string().optional(),
});

/** What history.json holds. */
export const history = z
  .object({
    format: z.literal("wattsplit-history"),
    version: z.literal(2),
    method: z.string(),
    seed: z.number(),
    network: z.string(),
    data: z.string(),
    recipe: z.looseObject({ name: z.string() }).describe("settings of training and growth"),
    training: z.object({ backend: z.string(), threads: z.number().optional() }),
    costs: z.string().describe("source of the costs"),
    budget: budgetSchema,
    granularity: z.number(),
    rounds: z.array(
      z.object({
        round: z.number(),
        kind: z.string(),
        candidates: z.array(candidate),
        kept: z.number().optional().describe("index of the candidate gone on with"),
        verdict: z.string().optional(),
        analysedExamples: z.number().optional(),
      }),
    ),
    account: z.object({
      candidates: z.number(),
      epochs: z.number(),
      examples: z.number(),
      macs: z.number(),
      latency_s: z.number(),
      analysisMacs: z.number(),
    }),
    ended: z.string().optional().describe("why the search ended"),
    test: score.optional(),
  })
  .meta({ id: "History" });
