export { describePlatform, type PlatformFilter, type PlatformSummary } from "./platforms.ts";
export type {
  KernelFilter,
  MeasurementFilter,
  StoredKernelMeasurement,
  StoredNetworkMeasurement,
} from "./read-measurements.ts";
export type * from "./records.ts";
export type { StoredRun } from "./runs.ts";
export { type EnergyTable, openTable } from "./table.ts";
export type { DatedKernelMeasurement, Method } from "./write-measurements.ts";
