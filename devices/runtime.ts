import type { Precision } from "./identity.ts";
import type { Availability } from "./meter.ts";
import type { ModelFormat, ScriptModel } from "./script.ts";

/** Executes networks with its own kernels, in the process it is called from or in a program that it starts. */
export interface Runtime {
  readonly id: string;
  /** Final once it was probed. */
  readonly version: string;
  /** ONNX when absent. */
  readonly modelFormat?: ModelFormat;
  /** Number formats that it computes in, the usual one first; float32 when absent. */
  readonly precisions?: readonly Precision[];
  /** As many threads as it has any use for; as many as are asked for when absent. */
  readonly mostThreads?: number;
  /** Where every batch costs something of its own, such as the start of a program: how long one should be, s. */
  readonly shortestBatch_s?: number;
  /** True where every batch is a load of its own, and warmed up by itself. */
  readonly freshBatches?: boolean;
  /** Known once it was probed: how networks run other than its name says; the version tells that too. */
  readonly fallback?: string | undefined;
  /** Hash of the runtime's binaries, "unknown" where they cannot be read: two builds of one version may differ. */
  build(): Promise<string>;
  probe(): Promise<Availability>;
  load(model: ScriptModel, options: { readonly threads: number }): Promise<LoadedModel>;
  /** The same with the runtime's own node profiler on. Absent where there is none. */
  profile?(model: ScriptModel, options: { readonly threads: number }): Promise<ProfiledModel>;
}

/** One network ready to run on a fixed random input. */
export interface LoadedModel {
  /** Runs inferences one after the other; returns their time together, s. */
  run(runs: number): Promise<number>;
  /** Its output for one input, both in the order of the model's format; absent where the runtime tells times alone. */
  answer?(input: Float32Array): Promise<Float32Array>;
  /** How it ran other than the runtime's version says, where it did. */
  readonly fallback?: string | undefined;
  close(): Promise<void>;
}

export interface ProfiledModel {
  run(runs: number): Promise<number>;
  /** Stops profiling and closes the model. Node times of every batch so far, oldest first. */
  finish(): Promise<NodeTimes>;
}

/** What the node profiler logged; nothing is subtracted. */
export interface NodeTimes {
  readonly layers: readonly string[];
  /** Nodes of the runtime that belong to each layer: layout reorders count to the layer that needed them. */
  readonly nodes: readonly number[];
  /** Per batch, s: one time per layer, the mean over its runs. */
  readonly batches: readonly Float64Array[];
  /** Per batch, s: mean time of nodes that compute nothing; empty where there are none. */
  readonly emptyNode_s: readonly number[];
}
