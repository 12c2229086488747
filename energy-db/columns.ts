import { present } from "./present.ts";
import type { Conditions, LatencyEstimate, QualityFlag } from "./records.ts";

export interface FlagsColumn {
  readonly flags: string;
}

export const flagsOf = ({ flags }: FlagsColumn): readonly QualityFlag[] =>
  flags === "[]" ? [] : (JSON.parse(flags) as QualityFlag[]);

/** Columns of a network's latency; older versions and imports leave some of them empty. */
export interface LatencyColumns {
  readonly floor_s: number;
  readonly floor_low_s: number | null;
  readonly floor_high_s: number | null;
  readonly typical_s: number | null;
  readonly typical_low_s: number | null;
  readonly typical_high_s: number | null;
  readonly p90_s: number | null;
  readonly samples: number | null;
}

/** A network's latency as stored. */
export interface StoredLatency {
  readonly floor: LatencyEstimate;
  /** Absent in rows of version 1. */
  readonly typical?: LatencyEstimate;
  readonly p90_s?: number;
  /** Absent in imports. */
  readonly samples?: number;
}

export const latencyOf = (row: LatencyColumns): StoredLatency => ({
  floor: estimateOf(row.floor_s, row.floor_low_s, row.floor_high_s),
  ...(row.typical_s === null
    ? {}
    : { typical: estimateOf(row.typical_s, row.typical_low_s, row.typical_high_s) }),
  ...present("p90_s", row.p90_s),
  ...present("samples", row.samples),
});

const estimateOf = (
  latency_s: number,
  low_s: number | null,
  high_s: number | null,
): LatencyEstimate => ({
  latency_s,
  low_s: low_s ?? latency_s,
  high_s: high_s ?? latency_s,
});

/** Columns of the machine's state; empty where it could not be read. */
export interface ConditionColumns {
  readonly temperature_start_c: number | null;
  readonly temperature_end_c: number | null;
  readonly clock_start_hz: number | null;
  readonly clock_end_hz: number | null;
  readonly load_average: number | null;
}

export const conditionColumns = (conditions: Conditions): ConditionColumns => ({
  temperature_start_c: conditions.temperature_start_c ?? null,
  temperature_end_c: conditions.temperature_end_c ?? null,
  clock_start_hz: conditions.clock_start_hz ?? null,
  clock_end_hz: conditions.clock_end_hz ?? null,
  load_average: conditions.load ?? null,
});

export const conditionsOf = (row: ConditionColumns): Conditions => ({
  ...present("temperature_start_c", row.temperature_start_c),
  ...present("temperature_end_c", row.temperature_end_c),
  ...present("clock_start_hz", row.clock_start_hz),
  ...present("clock_end_hz", row.clock_end_hz),
  ...present("load", row.load_average),
});
