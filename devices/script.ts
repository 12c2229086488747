import type { Precision } from "./identity.ts";

/**
 * A measurement script: plain data that says what to run on a device and when. It is sent to an agent beside the
 * runtime, which follows it without knowing why, and answers with raw records (raw.ts). All judging happens afterwards.
 * One script covers a small block of work, usually one load of one network, so that little is lost when it is cut off.
 */
export interface MeasurementScript {
  readonly version: 1;
  readonly threads: number;
  /** Fixes the order in which interleaved models are sampled and the pauses before energy windows. */
  readonly seed: number;
  readonly models: readonly ScriptModel[];
  readonly canary?: CanaryRule;
  readonly steps: readonly ScriptStep[];
}

/** Files of ONNX, of TensorFlow Lite, and graph models of TensorFlow.js with their weights. */
export type ModelFormat = "onnx" | "tflite" | "tfjs";

/** A network ready for the runtime. */
export interface ScriptModel {
  /** Unique within the script; of the canary: within the session. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly inputs: readonly ScriptInput[];
  /** Layers that node times are wanted of. */
  readonly layers: readonly string[];
  /** What it is computed in; float32 when absent. */
  readonly precision?: Precision;
}

export interface ScriptInput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Random numbers where absent; all 1 for int32, which is a place in a table. */
  readonly dtype?: "int32";
}

/** A fixed network that shows how fast the machine is at the moment. It stays loaded between scripts. */
export interface CanaryRule {
  readonly model: ScriptModel;
  /** A glance is the fastest of so many batches of this length, after one that brings the canary back into cache. */
  readonly batch_s: number;
  readonly batchesPerGlance: number;
  /** False where every batch is warmed up by itself: then the first counts too. */
  readonly warmed: boolean;
  /** Its latency at calm moments, s. Absent: every moment is taken for calm. */
  readonly baseline_s?: number;
  /** It may be this much slower at a calm moment, as a factor. */
  readonly allowedSlowdown: number;
}

export interface WarmUpRule {
  readonly batch_s: number;
  /** Ends when three batches in a row agree within this fraction ... */
  readonly agreement: number;
  /** ... and so many runs are done, or after so many batches. */
  readonly minRuns: number;
  readonly maxBatches: number;
}

export type ScriptStep = AwaitCalmStep | SampleStep | MeterLookStep | MeterStep | AnswerStep;

/** Asks a model for its output, to compare it with that of another runtime. */
export interface AnswerStep {
  readonly kind: "answer";
  readonly model: string;
  /** In the order of the model's format. */
  readonly input: Float64Array;
}

/** Glances at the canary until it is at its usual speed, `limit_s` at most. */
export interface AwaitCalmStep {
  readonly kind: "await-calm";
  readonly limit_s: number;
}

/**
 * Samples models in rounds, each freshly loaded:
 *
 *     warm-up | w u u u u u p p p | g | w u u u u u p p p | g | ...     w warm runs, u plain, p profiled batch,
 *     of all  |<--- model 2 ----->|   |<--- model 1 ----->|             g glance at the canary
 *             |<---------------- round 1 ---------------->|
 *
 * A machine's speed moves over seconds to minutes, for all networks together though not equally: models that share
 * their rounds share that. All batches of a kind in a row: each kind has weights of its own, and its first runs find
 * them out of cache. Nothing sleeps in between: a core that rested takes long to be at full speed again.
 */
export interface SampleStep {
  readonly kind: "sample";
  /** By name, in an order drawn anew in every round. */
  readonly models: readonly string[];
  /** Those of them whose node times are wanted: logging takes as long again as measuring. */
  readonly profiled: readonly string[];
  readonly warmUp: WarmUpRule;
  readonly batch_s: number;
  /** Runs before the batches of a sample, not counted. */
  readonly warmRuns: number;
  readonly plainPerSample: number;
  readonly profiledPerSample: number;
  /** A model is done when it has so many calm samples ... */
  readonly calmSamples: number;
  /** ... or so many samples, or this many once `patience_s` was lost to disturbed ones. */
  readonly maxSamples: number;
  readonly hurriedSamples: number;
  /** After a disturbed sample, with the core kept awake, as long as there is patience. */
  readonly pause_s: number;
  readonly patience_s: number;
}

/** Reads the meter while nothing runs, to learn how often it is updated. */
export interface MeterLookStep {
  readonly kind: "meter-look";
  readonly duration_s: number;
  readonly period_s: number;
}

/**
 * Energy windows: idle, load, idle, load, ..., idle. The agent rests while idle. Every load window has a fresh load of
 * its model and is warmed up, so that a model's windows vary as its loads do.
 */
export interface MeterStep {
  readonly kind: "meter";
  /** By name, once in every round, in an order drawn anew: a model's windows are spread over the step. */
  readonly models: readonly string[];
  readonly rounds: number;
  /** A load window lasts this long and holds so many inferences at least. */
  readonly window_s: number;
  readonly minInferences: number;
  readonly idle_s: number;
  /** After a load, before idle counts. */
  readonly settle_s: number;
  readonly warmUp_s: number;
  /** Batch boundaries are noted this often. */
  readonly batch_s: number;
  /** The meter is read this often. */
  readonly period_s: number;
  /** Bursts of this length before and after the windows, for whoever looks for them in a trace, s; absent: none. */
  readonly marker_s?: number;
}
