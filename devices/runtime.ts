import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import type { Availability } from "./meter.ts";

/** A network to be run: its own kernels, weights without zeros. */
export interface Model {
  readonly network: Network;
  readonly weights: Weights;
  readonly batch: number;
}

/** Executes networks on a device with its own kernels. */
export interface Runtime {
  readonly id: string;
  readonly version: string;
  probe(): Promise<Availability>;
  load(model: Model, options: { threads: number }): Promise<LoadedModel>;
  close(): Promise<void>;
}

/** One network ready to run on a fixed random input. */
export interface LoadedModel {
  /** Runs inferences one after the other; returns their time together, s. */
  run(runs: number): Promise<number>;
  /** Several batches of runs without a pause between them; returns the time of each, s. */
  runBatches(runs: number, batches: number): Promise<readonly number[]>;
  /** The same network with the runtime's own node profiler on. */
  profiled(): Promise<ProfiledModel>;
  close(): Promise<void>;
}

export interface ProfiledModel {
  run(runs: number): Promise<number>;
  runBatches(runs: number, batches: number): Promise<readonly number[]>;
  /** Stops profiling and closes the model. Layer times of every run so far, oldest first. */
  finish(): Promise<LayerTimes>;
}

/** Times of layers inside whole networks. */
export interface LayerTimes {
  readonly layers: readonly string[];
  /**
   * Per run, per layer in the order of `layers`, s, less the profiler's own time. A single run is as coarse as
   * the profiler's clock and can even be negative: only means over many runs mean something.
   */
  readonly runs: readonly Float64Array[];
}
