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
}

/** One network ready to run on a fixed random input. */
export interface LoadedModel {
  /** Time of `runs` inferences one after the other, s in total. */
  time(runs: number): Promise<number>;
  /** The same network with the runtime's own node profiler on. */
  profiled(): Promise<ProfiledModel>;
  close(): Promise<void>;
}

export interface ProfiledModel {
  run(runs: number): Promise<void>;
  /** Stops profiling and closes the model: one entry per run, oldest first. */
  finish(): Promise<LayerTimes>;
}

/** Times of layers inside whole networks. */
export interface LayerTimes {
  readonly layers: readonly string[];
  /** Per run, per layer in the order of `layers`, s. A layer that the runtime merged into another is 0. */
  readonly runs: readonly Float64Array[];
}
