import { z } from "zod";
import type { MeterDescription } from "../meter.ts";
import type { MachineState, RawRecord } from "../raw.ts";
import type { AgentDescription } from "./agent.ts";

/** What may come from a device: of bounded size, of the expected shape, and data only. */

const name = z.string().max(500);
const text = z.string().max(10_000);
const time_s = z.number();
const count = z.int().min(0);
/** Of one record: a day of batches of a millisecond. */
const mostElements = 1e8;
const many = <T extends z.ZodType>(element: T) => z.array(element).max(1e6);

const floats = z.instanceof(Float64Array).refine(({ length }) => length <= mostElements);
const counts = z.instanceof(Uint32Array).refine(({ length }) => length <= mostElements);
const bits = z.instanceof(Uint8Array).refine(({ length }) => length <= mostElements);

export const stateSchema: z.ZodType<MachineState> = z.object({
  temperature_c: z.number().exactOptional(),
  clock_hz: z.number().exactOptional(),
  load: z.number().exactOptional(),
  busy_s: z.number().exactOptional(),
  powerMode: name.exactOptional(),
  savesPower: z.boolean().exactOptional(),
  battery: z
    .object({
      status: z.enum(["charging", "discharging", "full", "idle"]),
      level: z.number().min(0).max(1).exactOptional(),
    })
    .exactOptional(),
  isAwake: z.boolean().exactOptional(),
  thermalStatus: z.int().min(0).max(6).exactOptional(),
  brightness: z.number().exactOptional(),
  isInAirplaneMode: z.boolean().exactOptional(),
  throttled: name.exactOptional(),
});

const batchesSchema = z
  .object({
    kind: z.literal("batches"),
    model: name,
    warmUpRuns: count,
    start_s: floats,
    duration_s: floats,
    runs: counts,
    profiled: bits,
    sample: counts,
    canary_s: floats,
    fallback: text.exactOptional(),
  })
  .refine(
    ({ start_s, duration_s, runs, profiled, sample, canary_s }) =>
      [duration_s, runs, profiled, sample, canary_s].every(
        ({ length }) => length === start_s.length,
      ),
    "batches of different numbers",
  )
  .refine(
    ({ duration_s, runs }) => duration_s.every((time) => time >= 0) && runs.every((n) => n > 0),
    "batches without runs or of negative time",
  );

const nodesSchema = z
  .object({
    kind: z.literal("nodes"),
    model: name,
    layers: many(name),
    nodes: counts,
    times_s: floats,
    emptyNode_s: floats,
  })
  .refine(
    ({ layers, nodes, times_s, emptyNode_s }) =>
      nodes.length === layers.length && times_s.length === emptyNode_s.length * layers.length,
    "node times of another number than layers and batches",
  );

const windowSchema = z
  .object({
    kind: z.enum(["idle", "load", "burst", "rest"]),
    model: name.exactOptional(),
    start_s: time_s,
    end_s: time_s,
    batchEnd_s: floats,
    batchRuns: counts,
  })
  .refine(({ start_s, end_s }) => end_s >= start_s, "a window that ends before it starts")
  .refine(
    ({ batchEnd_s, batchRuns }) => batchEnd_s.length === batchRuns.length,
    "ends and runs of different numbers",
  );

const meterSampleSchema = z.object({
  rail: name,
  time_s,
  energy_j: z.number().exactOptional(),
  power_w: z.number().exactOptional(),
  current_a: z.number().exactOptional(),
  voltage_v: z.number().exactOptional(),
  charge_c: z.number().exactOptional(),
});

export const recordSchema: z.ZodType<RawRecord> = z.union([
  z.object({ kind: z.literal("state"), time_s, state: stateSchema }),
  z.object({ kind: z.literal("waited"), duration_s: z.number().min(0) }),
  batchesSchema,
  nodesSchema,
  z.object({ kind: z.literal("answer"), model: name, output: floats }),
  z.object({
    kind: z.literal("meter"),
    samples: many(meterSampleSchema),
    windows: many(windowSchema),
    notes: many(text).exactOptional(),
  }),
]);

const railSchema = z.object({
  id: name,
  label: name,
  kind: z.enum(["energy-counter", "power", "current-voltage", "charge-counter"]),
  domain: z.enum(["board", "package", "cpu", "gpu", "dram", "other"]),
  counted: z.boolean(),
  includes: many(name).exactOptional(),
  wrap_j: z.number().positive().exactOptional(),
  maxPower_w: z.number().positive(),
  nominalPeriod_s: z.number().positive().exactOptional(),
  averaging_s: z.number().positive().exactOptional(),
  checks: name.exactOptional(),
});

const meterSchema: z.ZodType<MeterDescription> = z.object({
  id: name,
  quality: z.enum(["measured", "derived", "simulated", "none"]),
  rails: many(railSchema),
  caveats: many(text),
  needsDischarging: z.literal(true).exactOptional(),
  isRecordedApart: z.literal(true).exactOptional(),
  fastestReading_s: z.number().positive().exactOptional(),
});

export const descriptionSchema: z.ZodType<AgentDescription> = z.object({
  processor: text,
  fingerprint: name,
  os: name,
  powerMode: name,
  details: z.record(name, z.union([text, z.number()])),
  simulated: z.boolean().exactOptional(),
  runtime: z.object({ runtime: name, runtimeVersion: name, runtimeBuild: name }),
  modelFormat: z.enum(["onnx", "tflite", "tfjs"]),
  precisions: z.array(z.enum(["float32", "float16", "int8"])).min(1),
  mostThreads: z.int().min(1).exactOptional(),
  freshBatches: z.boolean(),
  fallback: text.exactOptional(),
  nodeProfiling: z.boolean(),
  meter: meterSchema,
  clockStep_s: z.number().positive().max(1),
  shortestBatch_s: z.number().min(0).max(60),
});
