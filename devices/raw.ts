import type { MeterSample } from "./meter.ts";

/** State of the machine at one moment; what cannot be read is absent. */
export interface MachineState {
  readonly temperature_c?: number;
  readonly clock_hz?: number;
  /** One-minute load average. */
  readonly load?: number;
  /** Processor time that anybody spent since the machine started, s: between two states it tells how busy the machine was. */
  readonly busy_s?: number;
  /** Governor or power mode at this moment. */
  readonly powerMode?: string;
  /** True where a governor or a preference holds clocks down to save power, on any cluster of cores; false where none does. */
  readonly savesPower?: boolean;
  readonly battery?: BatteryState;
  /** False while the screen is dark or the page is behind others: devices then save power. */
  readonly isAwake?: boolean;
  /** Android's thermal status, from 0 for none to 6 for a shutdown. */
  readonly thermalStatus?: number;
  /** Of a phone's screen, in Android's steps from 0 to 255; makers may have more. */
  readonly brightness?: number;
  readonly isInAirplaneMode?: boolean;
  /** What a Raspberry Pi's firmware says of throttling, as bits: 0x0 where all is well. */
  readonly throttled?: string;
}

export interface BatteryState {
  /** "idle": on a charger, and not charging. */
  readonly status: "charging" | "discharging" | "full" | "idle";
  /** From 0 to 1. */
  readonly level?: number;
}

/** What an agent reports of a script, in the order it happened. All times are the device's clock. */
export type RawRecord =
  | StateRecord
  | WaitedRecord
  | BatchesRecord
  | NodesRecord
  | MeterRecord
  | AnswerRecord;

/** A model's output for the input that was given. */
export interface AnswerRecord {
  readonly kind: "answer";
  readonly model: string;
  readonly output: Float64Array;
}

export interface StateRecord {
  readonly kind: "state";
  readonly time_s: number;
  readonly state: MachineState;
}

/** Time lost to disturbances: waiting, and samples that they spoilt. */
export interface WaitedRecord {
  readonly kind: "waited";
  readonly duration_s: number;
}

/** Every batch of one load of a model, in the order taken. */
export interface BatchesRecord {
  readonly kind: "batches";
  readonly model: string;
  readonly warmUpRuns: number;
  readonly start_s: Float64Array;
  readonly duration_s: Float64Array;
  readonly runs: Uint32Array;
  /** 1 for a batch under the node profiler, else 0. */
  readonly profiled: Uint8Array;
  /** Which sample the batch belongs to. */
  readonly sample: Uint32Array;
  /** Latency of the canary around the sample, the larger of before and after; NaN without a canary. */
  readonly canary_s: Float64Array;
  /** How the runtime ran it other than its version says: on the CPU in place of an accelerator. */
  readonly fallback?: string;
}

/** Node times of one load, as the runtime's profiler wrote them: nothing is subtracted. */
export interface NodesRecord {
  readonly kind: "nodes";
  readonly model: string;
  readonly layers: readonly string[];
  /** How many nodes of the runtime belong to each layer. */
  readonly nodes: Uint32Array;
  /** Mean time of a layer in each profiled batch: batches x layers, s. */
  readonly times_s: Float64Array;
  /** Mean time of a node that computes nothing, per profiled batch: what recording takes. NaN where there is none. */
  readonly emptyNode_s: Float64Array;
}

/** A metered stretch, idle or under load; "burst" and "rest" mark where windows are, in a trace. */
export interface RawWindow {
  readonly kind: "idle" | "load" | "burst" | "rest";
  /** What ran; absent while idle. */
  readonly model?: string;
  readonly start_s: number;
  readonly end_s: number;
  /** Ends and runs of the batches inside; empty while idle. */
  readonly batchEnd_s: Float64Array;
  readonly batchRuns: Uint32Array;
}

/** Readings of the meter; no windows for a look at the idle one. */
export interface MeterRecord {
  readonly kind: "meter";
  readonly samples: readonly MeterSample[];
  readonly windows: readonly RawWindow[];
  /** What the meter noticed meanwhile, one sentence each. */
  readonly notes?: readonly string[];
}

export interface RawMeasurement {
  readonly records: readonly RawRecord[];
}

/** Records of one kind. */
export const recordsOf = <K extends RawRecord["kind"]>(
  { records }: RawMeasurement,
  kind: K,
): readonly Extract<RawRecord, { kind: K }>[] =>
  records.filter((record): record is Extract<RawRecord, { kind: K }> => record.kind === kind);
