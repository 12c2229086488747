import type { Kernel } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";

/** How a number came to be; stands beside every number that leaves the table. */
export type Provenance =
  | "measured"
  | "derived"
  | "modelled"
  | "interpolated"
  | "predicted"
  | "imported"
  | "simulated";

/** What measurements must share to be comparable. Two platforms never mix in one answer. */
export interface PlatformIdentity {
  /** Device id as in `--device`, for example "local". */
  readonly device: string;
  /** CPU, GPU or NPU by its marketing name. */
  readonly processor: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
  readonly precision: "float32";
  readonly threads: number;
  /** Governor or power mode; "unknown" where it cannot be read. */
  readonly powerMode: string;
}

export interface Platform extends PlatformIdentity {
  readonly id: number;
  /** Anything else worth knowing: OS, memory, cores, cache sizes. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** Robust summary of a time, in seconds; raw samples are stored beside it. */
export interface LatencySummary {
  readonly latency_s: number;
  readonly mad_s: number;
  readonly p10_s: number;
  readonly p90_s: number;
  /** Bootstrap 95 % interval of the median. */
  readonly low_s: number;
  readonly high_s: number;
  readonly samples: number;
  readonly outliers: number;
}

/** Energy of one network inference over a window, from a meter. Absent without one. */
export interface EnergyReading {
  /** Gross, per inference. */
  readonly energy_j: number;
  readonly low_j: number;
  readonly high_j: number;
  /** Gross minus idle power x time; absent when idle was not measured. */
  readonly net_energy_j?: number;
  readonly idle_power_w?: number;
  readonly window_s: number;
  readonly windows: number;
  readonly meter: string;
  readonly provenance: "measured" | "derived" | "simulated";
}

/** State of the machine around a measurement; what cannot be read is absent. */
export interface Conditions {
  readonly temperature_start_c?: number;
  readonly temperature_end_c?: number;
  readonly clock_start_hz?: number;
  readonly clock_end_hz?: number;
  /** One-minute load average before the measurement. */
  readonly load?: number;
}

/**
 * - `drift`: the probe network was slower than allowed around too many samples
 * - `target-ci-missed`: stopped by the time limit before the interval was narrow enough
 * - `outliers`: more than 10 % of samples are outliers
 * - `busy`: more than half of the samples were disturbed by other work, and left out of the summary
 * - `throttled`: clocks fell by more than 3 %
 * - `coarse-timer`: the timer step is over 0.1 % of a batch
 */
export type QualityFlag =
  | "drift"
  | "target-ci-missed"
  | "outliers"
  | "busy"
  | "throttled"
  | "coarse-timer";

export type NetworkRole = "design" | "held-out" | "probe" | "verify";

/** One kernel's time inside a network (in context), or alone in a hot loop (isolated). */
export interface KernelMeasurement {
  readonly layer: string;
  readonly kernel: Kernel;
  readonly latency: LatencySummary;
  readonly flags: readonly QualityFlag[];
  /** Raw node times in seconds, in the order taken. */
  readonly samples_s: Float64Array;
}

/** One whole network measured: unprofiled latency, kernel times from the runtime's own profiler, energy. */
export interface NetworkMeasurement {
  readonly network: Network;
  readonly role: NetworkRole;
  readonly batch: number;
  /** Position in the run's randomised order. */
  readonly position: number;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly latency: LatencySummary;
  readonly warmUpRuns: number;
  readonly energy?: EnergyReading;
  readonly conditions: Conditions;
  readonly flags: readonly QualityFlag[];
  /** Raw unprofiled times per inference in seconds, one per sample: disturbed ones too, which the summary leaves out. */
  readonly samples_s: Float64Array;
  readonly kernels: readonly KernelMeasurement[];
}

export interface RunSettings {
  /** The search space measured: name of the preset or network file. */
  readonly space: string;
  readonly toolVersion: string;
  readonly seed: number;
  readonly startedAt: string;
  /** Everything else that shaped the run. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/**
 * The line that turns a sum of kernel times into a network's latency:
 * latency = overhead_s + slope x sum, fitted on the design networks, judged on held-out ones.
 */
export interface Calibration {
  readonly space: string;
  readonly overhead_s: number;
  readonly slope: number;
  readonly designNetworks: number;
  readonly heldOutNetworks: number;
  /** |predicted - measured| / measured on the held-out networks. */
  readonly medianError: number;
  readonly p90Error: number;
}

/** Power drawn while kernels of an operation run: kernel energy = time x power. */
export interface EnergyModel {
  readonly provenance: "measured" | "derived" | "modelled" | "simulated";
  /** Meter id, or "assumed" for --assume-power. */
  readonly source: string;
  /** Watts while no more specific operation is listed. */
  readonly power_w: number;
  readonly powerByOp_w: Readonly<Record<string, number>>;
  /** 95 % half-width of the power as a fraction; 0 for an assumption. */
  readonly relativeHalfWidth: number;
}

/** A cost with where it came from. Energy is absent where the platform has no energy model. */
export interface CostAnswer {
  readonly latency_s: number;
  readonly latency_low_s: number;
  readonly latency_high_s: number;
  readonly energy_j?: number;
  readonly energy_low_j?: number;
  readonly energy_high_j?: number;
  readonly energyProvenance?: Provenance;
  readonly provenance: Provenance;
  /** Ids of the measurement rows the answer was made from. */
  readonly rows: readonly number[];
}
