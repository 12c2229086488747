import type { Availability } from "./meter.ts";
import type { ScriptModel } from "./script.ts";

/** Executes networks with its own kernels, in the process it is called from. */
export interface Runtime {
  readonly id: string;
  readonly version: string;
  /** Where every batch costs something of its own, such as the start of a program: how long one should be, s. */
  readonly shortestBatch_s?: number;
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
  close(): Promise<void>;
}

export interface ProfiledModel {
  run(runs: number): Promise<number>;
  /** Stops profiling and closes the model. Node times of every run so far, oldest first. */
  finish(): Promise<NodeTimes>;
}

/** What the node profiler logged; nothing is subtracted. */
export interface NodeTimes {
  readonly layers: readonly string[];
  /** Nodes of the runtime that belong to each layer: layout reorders count to the layer that needed them. */
  readonly nodes: readonly number[];
  /** Per run, s: one time per layer. As coarse as the profiler's clock: only means over many runs mean something. */
  readonly runs: readonly Float64Array[];
  /** Per run, s: mean time of nodes that compute nothing; empty where there are none. */
  readonly emptyNode_s: readonly number[];
}
