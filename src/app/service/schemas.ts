import { z } from "@hono/zod-openapi";
import { type ImageShape, parseImageShape } from "../workflows/asked-kernel.ts";

/** What goes in and out over HTTP. JSON only grows; numbers are SI. */

/** Widths that rows have; kernels have no inner one. */
export const foreignAxis = z.enum(["in", "mid", "out"]);

const provenance = z.enum([
  "measured",
  "derived",
  "modelled",
  "interpolated",
  "predicted",
  "imported",
  "simulated",
]);

/** What is wrong with a request, in words. */
export const describeIssues = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join(".") || "the request"}: ${message}`).join("; ");

export const errorBody = z
  .object({ error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) })
  .openapi("Error");

export const kernel = z
  .object({
    op: z.string(),
    batch: z.number(),
    inHeight: z.number(),
    inWidth: z.number(),
    inChannels: z.number(),
    outChannels: z.number(),
    kernelSize: z.number(),
    kernelWidth: z.number().optional(),
    stride: z.number(),
    strideWidth: z.number().optional(),
    groups: z.number(),
    padding: z.string(),
    variant: z.string(),
    dtype: z.string(),
  })
  .openapi("Kernel");

export const costShape = {
  latency_s: z.number(),
  latency_low_s: z.number(),
  latency_high_s: z.number(),
  energy_j: z.number().optional(),
  energy_low_j: z.number().optional(),
  energy_high_j: z.number().optional(),
  net_energy_j: z
    .number()
    .optional()
    .openapi({ description: "above idle power, where it is known" }),
  net_energy_low_j: z.number().optional(),
  net_energy_high_j: z.number().optional(),
  energyProvenance: provenance.optional(),
  provenance,
};

const measured = z
  .object({
    latency_s: z.number(),
    low_s: z.number().optional(),
    high_s: z.number().optional(),
    provenance: z.string(),
    observations: z.number(),
  })
  .openapi("MeasuredKernel");

/** What a prediction for a platform of few measurements rests on. */
const likeness = z
  .object({
    probes: z.number(),
    platforms: z.array(
      z.object({
        name: z.string(),
        share: z.number(),
        timesAsLong: z.number(),
        spread: z.number(),
      }),
    ),
    judged: z.object({ platforms: z.number(), medianError: z.number() }).optional(),
  })
  .openapi("Likeness");

export const costBody = z
  .object({
    schema: z.literal(1),
    kernel,
    ...costShape,
    measured: measured.optional(),
    like: likeness.optional(),
    source: z.string(),
  })
  .openapi("Cost");

export const marginalBody = z
  .object({
    schema: z.literal(1),
    kernel,
    grow: z.enum(["in", "out"]),
    by: z.number(),
    ...costShape,
    freeUntil: z.number(),
    source: z.string(),
  })
  .openapi("Marginal");

export const predictionBody = z
  .object({
    schema: z.literal(1),
    network: z.string(),
    ...costShape,
    overhead_s: z.number(),
    layers: z.array(z.object({ layer: z.string(), kernel, ...costShape })),
    like: likeness.optional(),
    source: z.string(),
  })
  .openapi("Prediction");

export const estimateBody = z
  .object({
    schema: z.literal(1),
    model: z.string(),
    opset: z.number(),
    precision: z.string().openapi({ description: "what the model computes in" }),
    tablePrecision: z
      .string()
      .openapi({ description: "what the kernels of the table that answered compute in" }),
    batch: z.number(),
    ...costShape,
    overhead_s: z.number(),
    guessedShare: z.number(),
    macs: z.number(),
    guessed: z.array(
      z.object({
        op: z.string(),
        steps: z.number(),
        macsShare: z.number(),
        latencyShare: z.number(),
        reason: z.enum(["not measured", "no layer"]),
      }),
    ),
    layers: z.array(
      z.object({
        layer: z.string(),
        op: z.string(),
        nodes: z.array(z.string()),
        kernel: kernel.optional(),
        macs: z.number(),
        ...costShape,
      }),
    ),
    source: z.string(),
  })
  .openapi("Estimate");

export const platformRow = z
  .object({
    id: z.number(),
    device: z.string(),
    processor: z.string(),
    fingerprint: z.string(),
    os: z.string(),
    runtime: z.string(),
    runtimeVersion: z.string(),
    precision: z.string(),
    threads: z.number(),
    powerMode: z.string(),
    sessions: z.number(),
    networkMeasurements: z.number(),
    measurements: z.number(),
    kernels: z.number(),
    energyProvenance: provenance.optional(),
  })
  .openapi("Platform");

export const kernelRow = z
  .object({
    ...kernel.shape,
    ...costShape,
    measured_s: z.number(),
    observations: z.number(),
    flags: z.string(),
  })
  .openapi("KernelCost");

export const stairsRow = z
  .object({
    kernel,
    axis: z.enum(["in", "out"]),
    step: z.number().optional(),
    confidence: z.number().optional(),
    ownConfidence: z.number().optional(),
    widths: z.number(),
    dear: z.array(z.object({ width: z.number(), than: z.number(), by: z.number() })),
  })
  .openapi("Stairs");

export const sessionRow = z
  .object({
    id: z.number(),
    kind: z.string(),
    space: z.string(),
    protocol: z.number(),
    toolVersion: z.string(),
    startedAt: z.string(),
    finishedAt: z.string().optional(),
    outcome: z.string().optional(),
    canary_s: z.number().optional(),
  })
  .openapi("Session");

export const findingRow = z
  .object({
    check: z.string(),
    severity: z.enum(["ok", "warning", "error"]),
    message: z.string(),
    rows: z
      .array(z.union([z.number(), z.string()]))
      .openapi({ description: "ids of measurement rows, keys of imported ones" }),
  })
  .openapi("Finding");

/** A page of rows: how many matched in all, and where the next page starts while there is one. */
export const pageOf = <T extends z.ZodType>(row: T, name: string) =>
  z
    .object({
      schema: z.literal(1),
      rows: z.array(row),
      total: z.number().openapi({ description: "rows of all pages" }),
      next: z.number().optional().openapi({
        description: "offset of the next page; absent on the last",
      }),
    })
    .openapi(name);

export const rowsOf = <T extends z.ZodType>(row: T, name: string) =>
  z.object({ schema: z.literal(1), rows: z.array(row) }).openapi(name);

const count = z.coerce.number().int().min(1).max(1_000_000);

/** Which platform: needed as far as the table has several. */
export const platformQuery = z.object({
  platform: count.optional().openapi({ description: "id of a platform, see /api/platforms" }),
  device: z.string().max(200).optional(),
  runtime: z.string().max(200).optional(),
  threads: count.optional(),
});

/** A kernel, as `query cost` takes it. */
export const kernelQuery = z.object({
  op: z.string().max(40).optional().openapi({ example: "conv2d" }),
  kernel: count.optional().openapi({ description: "window size" }),
  stride: count.optional(),
  in: z
    .string()
    .max(30)
    .optional()
    .openapi({ example: "28x28x16", description: "input height, width and channels" })
    .transform((text, context): ImageShape | undefined => {
      const shape = text === undefined ? undefined : parseImageShape(text);
      if (text !== undefined && !shape)
        context.addIssue(`Expected HEIGHTxWIDTHxCHANNELS, for example 28x28x16; given ${text}`);
      return shape;
    }),
  out: count.optional().openapi({ description: "output channels" }),
  variant: z.string().max(40).optional(),
  batch: count.optional(),
  mid: count.optional().openapi({ description: "channels inside a block, of an imported table" }),
  shape: z
    .string()
    .max(400)
    .optional()
    .openapi({
      example: "weightBits=4,activationBits=4",
      description: "what else tells rows of an imported table apart",
    })
    .transform((text) => (text === undefined ? undefined : text.split(","))),
});

export const likeQuery = z.object({
  predict: z.enum(["true", "false"]).optional().openapi({
    description:
      "Predict kernels that were not measured from their work, by what other kernels of the device take",
  }),
  like: z.string().max(200).optional().openapi({
    description:
      'a device, or "auto" for all: predicts what few measurements of the platform asked for do not tell',
  }),
});

export const marginalQuery = z.object({
  grow: foreignAxis.default("out").openapi({ description: "mid: inside an imported block" }),
  by: count
    .optional()
    .openapi({ description: "channels more; default: to the next aligned width" }),
});

export const maxRows = 1000;

export const pageQuery = z.object({
  sort: z
    .string()
    .max(60)
    .optional()
    .openapi({ description: "a field; a minus before it: descending" }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxRows)
    .default(100)
    .openapi({ description: "rows of a page" }),
  offset: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000_000)
    .default(0)
    .openapi({ description: "rows before the page" }),
  format: z.enum(["json", "csv"]).default("json"),
});
