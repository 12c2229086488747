import { z } from "zod";
import type { MeasurementScript } from "../script.ts";

/** What an agent follows: anything else that reaches it is refused. */

const name = z.string().max(500);
const names = z.array(name).max(1000);
const count = z.int().min(0).max(1e9);
const time_s = z.number().min(0).max(86_400);
const patience_s = z.number().min(0);

const modelSchema = z.object({
  name,
  bytes: z.instanceof(Uint8Array),
  inputs: z
    .array(
      z.object({
        name,
        shape: z.array(z.int().min(1).max(1e7)).max(16),
        dtype: z.literal("int32").exactOptional(),
      }),
    )
    .max(1000),
  layers: names,
  precision: z.enum(["float32", "float16", "int8"]).exactOptional(),
});

const warmUpSchema = z.object({
  batch_s: time_s,
  agreement: z.number().min(0),
  minRuns: count,
  maxBatches: count,
});

const stepSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("await-calm"), limit_s: time_s }),
  z.object({
    kind: z.literal("sample"),
    models: names,
    profiled: names,
    warmUp: warmUpSchema,
    batch_s: time_s,
    warmRuns: count,
    plainPerSample: count,
    profiledPerSample: count,
    calmSamples: count,
    maxSamples: count,
    hurriedSamples: count,
    pause_s: time_s,
    patience_s,
  }),
  z.object({ kind: z.literal("meter-look"), duration_s: time_s, period_s: time_s }),
  z.object({
    kind: z.literal("answer"),
    model: name,
    input: z.instanceof(Float64Array).refine(({ length }) => length <= 1e8),
  }),
  z.object({
    kind: z.literal("meter"),
    models: names,
    rounds: count,
    window_s: time_s,
    minInferences: count,
    idle_s: time_s,
    settle_s: time_s,
    warmUp_s: time_s,
    batch_s: time_s,
    period_s: time_s,
    marker_s: time_s.exactOptional(),
  }),
]);

export const scriptSchema: z.ZodType<MeasurementScript> = z.object({
  version: z.literal(1),
  threads: z.int().min(1).max(4096),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32),
  models: z.array(modelSchema).max(1000),
  canary: z
    .object({
      model: modelSchema,
      batch_s: time_s,
      batchesPerGlance: count,
      warmed: z.boolean(),
      baseline_s: z.number().positive().exactOptional(),
      allowedSlowdown: z.number().min(1),
    })
    .exactOptional(),
  steps: z.array(stepSchema).max(10_000),
});
