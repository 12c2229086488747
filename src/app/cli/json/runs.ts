import { z } from "zod";
import { searchDocuments } from "../../workflows/search-folder.ts";
import { stepVerificationSchema, textSearchSchema } from "../../workflows/text-search-folder.ts";
import { cost, history, kernel, network, numberByName, score } from "./parts.ts";

/** What commands that measure, search and train print under --json. */

const planOfSize = z.object({
  space: z.object({
    name: z.string(),
    network,
    batch: z.number(),
    grid: z.number(),
    groups: z.array(
      z.object({
        name: z.string(),
        writers: z.array(z.string()),
        reads: z.array(z.string()),
        floor: z.number(),
        cap: z.number(),
      }),
    ),
  }),
  seed: z.number(),
  targetCi: z.number(),
  widths: z.record(z.string(), z.array(z.number())),
  kernels: z.array(kernel),
  networks: z.array(
    z.object({
      network,
      role: z.enum(["design", "held-out"]),
      position: z.number(),
      metered: z.boolean(),
      first: z.boolean().describe("measured before others"),
    }),
  ),
  estimated_s: z.number(),
  estimatedEnergy_s: z.number(),
});

export const planDocument = planOfSize.extend({
  imageSizes: z.array(planOfSize).optional().describe("a model's at other image sizes"),
});

const profileOfSize = z.object({
  platformId: z.number(),
  sessionId: z.number(),
  measured: z.number(),
  skipped: z.number(),
  present: z.number(),
  stoppedBy: z.enum(["done", "interrupted", "time-limit"]),
  summary: z
    .object({
      space: z.string(),
      fittedAt: z.string().optional(),
      designNetworks: z.number(),
      heldOutNetworks: z.number(),
      medianError: z.number().optional(),
      p90Error: z.number().optional(),
    })
    .optional(),
  flags: numberByName,
  invalidEnergy: z.array(z.string()),
});

export const profileDocument = profileOfSize.extend({
  imageSizes: z.array(profileOfSize).optional().describe("a model's at other image sizes"),
});

export const verification = searchDocuments.verification.meta({ id: "Verification" });

export const searchDocument = z.object({ history, predicted: cost, report: z.string() });

export const textSearchDocument = textSearchSchema;
export const stepVerification = stepVerificationSchema;

export const quickstartDocument = z.object({
  report: z.string(),
  widths: z.string(),
  run: searchDocuments.run,
  history,
  verification,
  references: searchDocuments.references,
  share: z
    .number()
    .describe("measured latency over the reference's, at the table's speed where that is known"),
  shareLow: z.number().describe("lower end of the 95 % interval"),
  shareHigh: z.number(),
  energyShare: z.number().optional(),
});

export const verificationsDocument = z.object({
  rows: z.array(searchDocuments.verification.extend({ network: z.string() })),
});

const epochShape = {
  epoch: z.number(),
  trainingLoss: z.number(),
  heldOutLoss: z.number(),
  heldOutAccuracy: z.number(),
};

const trainingShape = {
  format: z.literal("wattsplit-training"),
  version: z.literal(1),
  network: z.string(),
  macs: z.number(),
  parameters: z.number(),
};

const settingsShape = {
  data: z.string(),
  optimizer: z.string(),
  learningRate: z.number(),
  weightDecay: z.number(),
  epochs: z.number(),
  seed: z.number(),
};

export const trainingDocument = z
  .object({
    ...trainingShape,
    settings: z.object({
      ...settingsShape,
      batch: z.number(),
      schedule: z.string().optional(),
      labelSmoothing: z.number().optional(),
      damping: z.number().optional(),
      curvatureEvery: z.number().optional(),
    }),
    epochs: z.array(z.object(epochShape)),
    test: score,
  })
  .describe("training.json");

const graphEpoch = z.object({ ...epochShape, testAccuracy: z.number() });

export const graphTrainingDocument = z
  .object({
    ...trainingShape,
    settings: z.object({
      ...settingsShape,
      split: z.string(),
      hidden: z.number(),
      dropout: z.number(),
      gamma: z.number().nullable(),
      kfac: z
        .object({
          damping: z.number(),
          every: z.number(),
          scaling: z.string(),
          head: z.string(),
          factors: z.string(),
        })
        .nullable(),
    }),
    epochs: z.array(graphEpoch),
    best: graphEpoch,
  })
  .describe("training.json");

const textEpoch = z.object({
  epoch: z.number().describe("from 0"),
  trainingPerplexity: z.number(),
  validationPerplexity: z.number(),
});

export const textTrainingDocument = z
  .object({
    ...trainingShape,
    macs: z.number().describe("of a word"),
    settings: z.object({
      data: z.string(),
      recipe: z.string(),
      words: z.number().describe("told apart"),
      hiddenSize: z.number(),
      batch: z.object({
        rows: z.number().describe("read side by side"),
        steps: z.number().describe("that gradients go back through"),
      }),
      epochs: z.number(),
      learningRate: z.number(),
      drops: z
        .array(z.number())
        .optional()
        .describe("epochs after which the rate falls to a tenth"),
      clip: z.number().describe("largest norm of the gradient"),
      decay: z.number().optional(),
      temporalPenalty: z.number().optional(),
      lengths: z
        .object({ deviation: z.number(), halved: z.number() })
        .optional()
        .describe("of stretches of random length"),
      dropouts: numberByName.optional(),
      averageAfter: z.number().optional(),
      seed: z.number(),
    }),
    cell: z.object({
      nodes: z.number(),
      edges: z.array(z.string()),
      activations: z.array(z.string()).describe("of nodes 1 and on"),
    }),
    words: z.number(),
    epochs: z.array(textEpoch),
    best: textEpoch,
    testPerplexity: z.number().describe("read once, at the end"),
  })
  .describe("training.json");
