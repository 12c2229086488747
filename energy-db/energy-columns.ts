import { present } from "./present.ts";
import type { EnergyEstimate, EnergyReading, KernelEnergy } from "./records.ts";

/** Columns of a load's energy; all empty without a meter. */
export interface EnergyColumns {
  readonly energy_j: number | null;
  readonly energy_low_j: number | null;
  readonly energy_high_j: number | null;
  readonly net_energy_j: number | null;
  readonly net_energy_low_j: number | null;
  readonly net_energy_high_j: number | null;
  readonly idle_power_w: number | null;
  readonly energy_windows: number | null;
  readonly energy_window_s: number | null;
  readonly energy_invalid: string | null;
  readonly meter: string | null;
  readonly energy_provenance: EnergyReading["provenance"] | null;
}

/** A load's energy as stored; its windows are read by themselves. */
export interface StoredEnergy extends Omit<EnergyReading, "windows"> {
  /** Load windows. */
  readonly windowCount: number;
  /** Their time together. */
  readonly window_s: number;
}

export function energyColumns(energy?: EnergyReading): EnergyColumns {
  const loads = energy?.windows.filter(({ kind }) => kind === "load");
  return {
    energy_j: energy?.gross.energy_j ?? null,
    energy_low_j: energy?.gross.low_j ?? null,
    energy_high_j: energy?.gross.high_j ?? null,
    net_energy_j: energy?.net?.energy_j ?? null,
    net_energy_low_j: energy?.net?.low_j ?? null,
    net_energy_high_j: energy?.net?.high_j ?? null,
    idle_power_w: energy?.idle_power_w ?? null,
    energy_windows: loads?.length ?? null,
    energy_window_s: loads?.reduce((sum, { duration_s }) => sum + duration_s, 0) ?? null,
    energy_invalid: energy ? JSON.stringify(energy.invalid) : null,
    meter: energy?.meter ?? null,
    energy_provenance: energy?.provenance ?? null,
  };
}

export function energyOf(row: EnergyColumns): StoredEnergy | undefined {
  if (row.energy_j === null || row.energy_provenance === null) return undefined;
  const net = estimateOf(row.net_energy_j, row.net_energy_low_j, row.net_energy_high_j);
  return {
    gross: {
      energy_j: row.energy_j,
      low_j: row.energy_low_j ?? row.energy_j,
      high_j: row.energy_high_j ?? row.energy_j,
    },
    ...(net ? { net } : {}),
    ...present("idle_power_w", row.idle_power_w),
    windowCount: row.energy_windows ?? 0,
    window_s: row.energy_window_s ?? 0,
    meter: row.meter ?? "",
    provenance: row.energy_provenance,
    invalid: JSON.parse(row.energy_invalid ?? "[]") as readonly string[],
  };
}

/** Version 1 stored net energy without an interval, of an idle power read while a core spun: it is not given out. */
const estimateOf = (
  energy_j: number | null,
  low_j: number | null,
  high_j: number | null,
): EnergyEstimate | undefined =>
  energy_j === null || low_j === null || high_j === null ? undefined : { energy_j, low_j, high_j };

/** Columns of a kernel's own energy; mostly empty. */
export interface KernelEnergyColumns {
  readonly energy_j: number | null;
  readonly energy_low_j: number | null;
  readonly energy_high_j: number | null;
  readonly energy_kind: "gross" | "net" | null;
  readonly energy_meter: string | null;
  readonly energy_provenance: KernelEnergy["provenance"] | null;
}

export const kernelEnergyColumns = (energy?: KernelEnergy): KernelEnergyColumns => ({
  energy_j: energy?.energy_j ?? null,
  energy_low_j: energy?.low_j ?? null,
  energy_high_j: energy?.high_j ?? null,
  energy_kind: energy ? (energy.net ? "net" : "gross") : null,
  energy_meter: energy?.meter ?? null,
  energy_provenance: energy?.provenance ?? null,
});

export function kernelEnergyOf(row: KernelEnergyColumns): KernelEnergy | undefined {
  if (row.energy_j === null || row.energy_provenance === null) return undefined;
  return {
    energy_j: row.energy_j,
    ...present("low_j", row.energy_low_j),
    ...present("high_j", row.energy_high_j),
    meter: row.energy_meter ?? "",
    provenance: row.energy_provenance,
    net: row.energy_kind === "net",
  };
}
