import type { Kernel } from "../src/network/kernel.ts";
import type { Conditions, EnergyReading, LatencySummary, QualityFlag } from "./records.ts";

/** Columns of a latency summary, as stored in network_measurements and measurements. */
export interface LatencyColumns extends LatencySummary {
  readonly flags: string;
}

export const latencyOf = (row: LatencyColumns): LatencySummary => ({
  latency_s: row.latency_s,
  mad_s: row.mad_s,
  p10_s: row.p10_s,
  p90_s: row.p90_s,
  low_s: row.low_s,
  high_s: row.high_s,
  samples: row.samples,
  outliers: row.outliers,
});

export const flagsOf = (row: Pick<LatencyColumns, "flags">): readonly QualityFlag[] =>
  JSON.parse(row.flags) as QualityFlag[];

/** Columns of an energy reading; all empty without a meter. */
export interface EnergyColumns {
  readonly energy_j: number | null;
  readonly energy_low_j: number | null;
  readonly energy_high_j: number | null;
  readonly net_energy_j: number | null;
  readonly idle_power_w: number | null;
  readonly energy_window_s: number | null;
  readonly energy_windows: number | null;
  readonly meter: string | null;
  readonly energy_provenance: EnergyReading["provenance"] | null;
}

export const energyColumns = (energy?: EnergyReading): EnergyColumns => ({
  energy_j: energy?.energy_j ?? null,
  energy_low_j: energy?.low_j ?? null,
  energy_high_j: energy?.high_j ?? null,
  net_energy_j: energy?.net_energy_j ?? null,
  idle_power_w: energy?.idle_power_w ?? null,
  energy_window_s: energy?.window_s ?? null,
  energy_windows: energy?.windows ?? null,
  meter: energy?.meter ?? null,
  energy_provenance: energy?.provenance ?? null,
});

export function energyOf(row: EnergyColumns): EnergyReading | undefined {
  if (row.energy_j === null || row.energy_provenance === null) return undefined;
  return {
    energy_j: row.energy_j,
    low_j: row.energy_low_j ?? row.energy_j,
    high_j: row.energy_high_j ?? row.energy_j,
    ...present("net_energy_j", row.net_energy_j),
    ...present("idle_power_w", row.idle_power_w),
    window_s: row.energy_window_s ?? 0,
    windows: row.energy_windows ?? 0,
    meter: row.meter ?? "",
    provenance: row.energy_provenance,
  };
}

/** Columns of the machine's state; empty where it could not be read. */
export interface ConditionColumns {
  readonly temperature_start_c: number | null;
  readonly temperature_end_c: number | null;
  readonly clock_start_hz: number | null;
  readonly clock_end_hz: number | null;
  readonly load: number | null;
}

export const conditionColumns = (conditions: Conditions): ConditionColumns => ({
  temperature_start_c: conditions.temperature_start_c ?? null,
  temperature_end_c: conditions.temperature_end_c ?? null,
  clock_start_hz: conditions.clock_start_hz ?? null,
  clock_end_hz: conditions.clock_end_hz ?? null,
  load: conditions.load ?? null,
});

export const conditionsOf = (row: ConditionColumns): Conditions => ({
  ...present("temperature_start_c", row.temperature_start_c),
  ...present("temperature_end_c", row.temperature_end_c),
  ...present("clock_start_hz", row.clock_start_hz),
  ...present("clock_end_hz", row.clock_end_hz),
  ...present("load", row.load),
});

/** Columns of the kernels table. */
export interface KernelColumns {
  readonly op: Kernel["op"];
  readonly batch: number;
  readonly in_height: number;
  readonly in_width: number;
  readonly in_channels: number;
  readonly out_channels: number;
  readonly kernel_size: number;
  readonly stride: number;
  readonly groups: number;
  readonly padding: Kernel["padding"];
  readonly variant: Kernel["variant"];
  readonly dtype: Kernel["dtype"];
}

export const kernelOf = (row: KernelColumns): Kernel => ({
  op: row.op,
  batch: row.batch,
  inHeight: row.in_height,
  inWidth: row.in_width,
  inChannels: row.in_channels,
  outChannels: row.out_channels,
  kernelSize: row.kernel_size,
  stride: row.stride,
  groups: row.groups,
  padding: row.padding,
  variant: row.variant,
  dtype: row.dtype,
});

const present = <K extends string>(key: K, value: number | null): { readonly [P in K]?: number } =>
  value === null ? {} : ({ [key]: value } as { [P in K]: number });
