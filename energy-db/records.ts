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

/** How a row in the table came to be. */
export type RowProvenance = Exclude<Provenance, "modelled" | "interpolated">;

/** What measurements must share to be comparable. Two platforms never mix in one answer. */
export interface PlatformIdentity {
  /** Device id as in `--device`, for example "local". */
  readonly device: string;
  /** CPU, GPU or NPU by its marketing name. */
  readonly processor: string;
  /** Tells two machines of one kind apart: a hash of machine id and processor; "unknown" where it cannot be made. */
  readonly fingerprint: string;
  /** Name, release and architecture of the operating system. */
  readonly os: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
  /** Hash of the runtime's binary, or "unknown". */
  readonly runtimeBuild: string;
  readonly precision: "float32" | "float16" | "int8";
  readonly threads: number;
  /** Governor or power mode; "unknown" where it cannot be read. */
  readonly powerMode: string;
}

export interface Platform extends PlatformIdentity {
  readonly id: number;
  /** Anything else worth knowing: memory, cores, cache sizes. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** One process that measured, or one import. A resumed profile is a new session of the same space. */
export interface SessionSettings {
  readonly kind: "profile" | "verify" | "import";
  /** The search space measured: name of the preset or network file. */
  readonly space: string;
  readonly toolVersion: string;
  /** Version of the measuring protocol: rows of different versions never mix in one fit. 1: all before schema 2. */
  readonly protocol: number;
  readonly seed: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Everything else that shaped the session. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Where imported rows come from. */
  readonly source?: ImportSource;
}

export interface ImportSource {
  readonly uri: string;
  readonly format: string;
  readonly sha256: string;
  readonly licence?: string;
}

/** What a session learnt about its instruments; stored when known, updated while it runs. */
export interface SessionInstruments {
  /** Floor latency of the canary network at calm moments, s: the speed that the session's rows stand for. */
  readonly canary?: LatencyEstimate;
  /** Time the node profiler adds to every node, s: subtracted from kernel times, kept in the unsubtracted ones. */
  readonly recording?: { readonly time_s: number; readonly low_s: number; readonly high_s: number };
  /** Device clock minus host clock, the bound of its error, and the clock's step, s. */
  readonly clock?: { readonly offset_s: number; readonly bound_s: number; readonly step_s: number };
  readonly meter?: SessionMeter;
  readonly conditions?: SessionConditions;
}

/** What the device was like in a session. */
export interface SessionConditions {
  /** What could be read when it began: temperature, clock, load, power mode, battery, screen; cores that others kept busy. */
  readonly before: Readonly<Record<string, string | number | boolean>>;
  /** Least and greatest while it measured. */
  readonly during: Readonly<Record<string, readonly [low: number, high: number]>>;
  /** What the device said of itself; the platform keeps what it said first. */
  readonly details: Readonly<Record<string, string | number>>;
  /** What was amiss and allowed, one sentence each. */
  readonly findings: readonly string[];
  /** Of the meter: what its numbers hold, whence its units are known, what it noticed, where its rails disagree. */
  readonly notes?: readonly string[];
  /** Spent on waiting for better conditions, s. */
  readonly waited_s: number;
  /** Worked to heat it up before anything was measured, s; only in sustained mode. */
  readonly heated_s?: number;
  /** Power that reading the meter takes on the device, with its 95 % interval, W; absent without a meter, or with a slow one. */
  readonly sampler?: {
    readonly power_w: number;
    readonly low_w: number;
    readonly high_w: number;
  };
}

export interface SessionMeter {
  readonly id: string;
  readonly quality: "measured" | "derived" | "simulated";
  readonly updatePeriod_s: number;
  readonly rails: readonly Rail[];
}

/** One supply that a meter reads. */
export interface Rail {
  readonly id: string;
  readonly label: string;
  /** What it feeds: package, memory, board, ... */
  readonly domain: string;
  readonly kind: "energy-counter" | "power" | "current-voltage" | "charge-counter";
  /** Whether it is part of the sum; others are contained in one that is, or stored for interest. */
  readonly counted: boolean;
  /** Ids of rails contained in this one. */
  readonly includes?: readonly string[];
  /** Where an energy counter wraps, J. */
  readonly wrap_j?: number;
  /** More than this cannot be true, W. */
  readonly maxPower_w: number;
}

/** Estimate with its 95 % interval, seconds. */
export interface LatencyEstimate {
  readonly latency_s: number;
  readonly low_s: number;
  readonly high_s: number;
}

/** Two estimands of one load of a network. */
export interface NetworkLatency {
  /** Fastest batches at calm moments: what the hardware needs. */
  readonly floor: LatencyEstimate;
  /** Median of all batches, disturbed ones too: what a user meets. */
  readonly typical: LatencyEstimate;
  /** 90th percentile of all batches. */
  readonly p90_s: number;
  /** Calm samples behind the floor. */
  readonly samples: number;
}

/** Every batch of one load, in the order taken: enough to redo the analysis. All arrays have one length. */
export interface BatchLog {
  /** Device clock. */
  readonly start_s: Float64Array;
  /** Mean time of one inference in the batch. */
  readonly latency_s: Float64Array;
  /** Inferences in the batch. */
  readonly runs: Uint32Array;
  /** 0 plain, 1 profiled. */
  readonly kind: Uint8Array;
  /** Of the canary around it: the larger of before and after, over its calm floor. */
  readonly slowdown: Float64Array;
  /** 1: allowed into the floor. */
  readonly calm: Uint8Array;
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
 * - `drift`: the canary was slower than allowed around too many samples
 * - `superseded`: a calmer attempt at the same load is in the table
 * - `target-ci-missed`: stopped before the interval was narrow enough
 * - `outliers`: more than 10 % of samples are outliers
 * - `busy`: more than half of the samples were disturbed by other work, and left out of the floor
 * - `throttled`: clocks fell by more than 3 %
 * - `fallback`: it ran other than the platform says, as on the CPU in place of an accelerator
 * - `coarse-timer`: the timer step is over 0.1 % of a batch
 * - `hot`, `charging`, `low-battery`, `asleep`, `power-mode`: the device was not as it should be, and that was allowed
 * - `powersave`: a governor held the clocks down; `background-load`: others kept cores busy when the session began
 * - `below-resolution`: too short for the node profiler to tell from nothing
 */
export type QualityFlag =
  | "drift"
  | "superseded"
  | "target-ci-missed"
  | "outliers"
  | "busy"
  | "throttled"
  | "fallback"
  | "coarse-timer"
  | "hot"
  | "charging"
  | "low-battery"
  | "asleep"
  | "power-mode"
  | "powersave"
  | "background-load"
  | "below-resolution";

export type NetworkRole = "design" | "held-out" | "canary" | "verify";

/** A kernel's time; the 95 % interval is absent where an imported table has none. */
export interface KernelLatency {
  /** Recording time subtracted: at or below zero only with the flag `below-resolution`. */
  readonly latency_s: number;
  readonly low_s?: number;
  readonly high_s?: number;
}

/** One kernel's time inside one load of a network (in context), alone in a hot loop (isolated), or imported. */
export interface KernelMeasurement {
  readonly layer: string;
  readonly kernel: Kernel;
  readonly provenance: RowProvenance;
  readonly latency: KernelLatency;
  /** As the node profiler gave it. */
  readonly unsubtracted_s?: number;
  /** Runtime nodes that belong to the layer, reorders included. */
  readonly nodes?: number;
  /** Absent for imports. */
  readonly samples?: number;
  /** Imported, or measured of this kernel alone. */
  readonly energy?: KernelEnergy;
  readonly flags: readonly QualityFlag[];
  /** Unsubtracted mean node time per profiled batch, s, in the order taken. Empty for imports. */
  readonly samples_s: Float64Array;
}

export interface KernelEnergy {
  readonly energy_j: number;
  readonly low_j?: number;
  readonly high_j?: number;
  readonly meter: string;
  readonly provenance: RowProvenance;
  /** Whether idle energy was subtracted. */
  readonly net: boolean;
}

/**
 * One load of one network: a fresh session of the runtime. The same network has several rows, by load within a
 * session and by session.
 */
export interface NetworkMeasurement {
  readonly network: Network;
  readonly role: NetworkRole;
  readonly batch: number;
  /** Place in the session's randomised order. */
  readonly position: number;
  /** Which script of the session: loads of one block were interleaved and share the state of the machine. */
  readonly block: number;
  /** 0, 1, 2: which load of this network in this session. */
  readonly load: number;
  /** 0: the first. Drifted attempts are kept beside the calm one that supersedes them. */
  readonly attempt: number;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly provenance: RowProvenance;
  readonly latency: NetworkLatency;
  readonly warmUpRuns: number;
  readonly batches: BatchLog;
  readonly energy?: EnergyReading;
  readonly conditions: Conditions;
  readonly flags: readonly QualityFlag[];
  readonly kernels: readonly KernelMeasurement[];
}

/** Energy of one inference from separated windows. */
export interface EnergyReading {
  /** Median over the load windows, with its t-interval. */
  readonly gross: EnergyEstimate;
  /** Idle subtracted over the window's own time; absent when idle was not measured or unstable, or nothing was left. */
  readonly net?: EnergyEstimate;
  readonly idle_power_w?: number;
  readonly meter: string;
  readonly provenance: "measured" | "derived" | "simulated";
  readonly windows: readonly EnergyWindow[];
  /** What was wrong with windows that were thrown away: one sentence each. */
  readonly invalid: readonly string[];
}

/** Joules per inference with the 95 % interval. */
export interface EnergyEstimate {
  readonly energy_j: number;
  readonly low_j: number;
  readonly high_j: number;
}

export interface EnergyWindow {
  readonly kind: "idle" | "load";
  /** Device clock, on a tick of the meter. */
  readonly start_s: number;
  readonly duration_s: number;
  /** 0 while idle. */
  readonly inferences: number;
  /** Per inference in this window, disturbed moments included: the window's energy belongs to this time. */
  readonly latency_s?: number;
  readonly rails: readonly WindowRail[];
}

/** What a rail took in a window, and how densely it was read; that is absent for rows of before version 7. */
export interface WindowRail {
  readonly rail: string;
  readonly energy_j: number;
  readonly readings?: number;
  /** Longest time between two readings, edges of the window included, s. */
  readonly largestGap_s?: number;
}

/**
 * A fitted cost model of a platform and space. Every one is kept; the newest answers. `document` is the answers'
 * own versioned JSON.
 */
export interface StoredModel {
  readonly id: number;
  readonly kind: "latency" | "energy";
  readonly space: string;
  /** ISO 8601; absent for models of version 1 of the schema. */
  readonly fittedAt?: string;
  readonly provenance: "measured" | "derived" | "modelled" | "simulated";
  /** Meter id, "assumed", or the method. */
  readonly source: string;
  readonly document: unknown;
  /** Absent where version 1 of the schema did not store it. */
  readonly designNetworks?: number;
  readonly heldOutNetworks?: number;
  /** |predicted - measured| / measured on the held-out networks. */
  readonly medianError?: number;
  readonly p90Error?: number;
}

/** Which stored loads of a network need not be measured again. */
export interface GoodEnough {
  readonly space: string;
  readonly protocol: number;
  /** Whether only loads with energy count. */
  readonly metered: boolean;
}

/** A cost with where it came from. Energy is absent where the platform has no energy model. */
export interface CostAnswer {
  readonly latency_s: number;
  readonly latency_low_s: number;
  readonly latency_high_s: number;
  readonly energy_j?: number;
  readonly energy_low_j?: number;
  readonly energy_high_j?: number;
  /** Above idle; absent where idle power is unknown. */
  readonly net_energy_j?: number;
  readonly net_energy_low_j?: number;
  readonly net_energy_high_j?: number;
  readonly energyProvenance?: Provenance;
  readonly provenance: Provenance;
  /** Ids of the measurement rows the answer was made from. */
  readonly rows: readonly number[];
}
