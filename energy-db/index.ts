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
export {
  type Calibration,
  calibrationOf,
  calibrationsOf,
  type EnergyModel,
  energyModelOf,
  storeCalibration,
  storeEnergyModel,
} from "./answers/version-1-models.ts";
export { checkTable, type Finding } from "./check.ts";
export type { StoredLatency } from "./columns.ts";
export { describeSchema, type SchemaColumn, type SchemaEntry } from "./describe-schema.ts";
export { type DeviceLockOptions, lockDevice } from "./device-lock.ts";
export type { StoredEnergy } from "./energy-columns.ts";
export type { FileLock } from "./file-lock.ts";
export type { NewCostModel } from "./models.ts";
export type { NetworkPlace } from "./needs.ts";
export type { NetworkFilter } from "./network-filter.ts";
export { networkKey } from "./network-key.ts";
export { describePlatform, type PlatformFilter, type PlatformSummary } from "./platforms.ts";
export type { KernelFilter, MeasurementFilter, StoredKernelMeasurement } from "./read-kernels.ts";
export type { StoredNetworkMeasurement } from "./read-networks.ts";
export type * from "./records.ts";
export type { StoredSession } from "./sessions.ts";
export { type EnergyTable, openTable } from "./table.ts";
export type { DatedKernelMeasurement, Method } from "./write-kernels.ts";
