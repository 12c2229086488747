export {
  type CostOptions,
  type CostTable,
  type KernelCost,
  loadCosts,
  type Stairs,
} from "./answers/cost-table.ts";
export type { MarginalCost } from "./answers/marginal.ts";
export type { LayerCost, NetworkCost } from "./answers/network-cost.ts";
export type { MeasuredKernel } from "./answers/observations.ts";
export type { Axis } from "./answers/plane.ts";
export { describeKernel } from "./answers/refusal.ts";
export type { Staircase } from "./answers/staircase.ts";
export { checkTable, type Finding } from "./check.ts";
export { describeSchema, type SchemaColumn, type SchemaEntry } from "./describe-schema.ts";
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
