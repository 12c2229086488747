export type {
  CostOptions,
  CostTable,
  KernelCost,
  Stairs,
} from "./answers/cost-table.ts";
export {
  type EnergyAmounts,
  type EnergyAnswer,
  energyOfTime,
  type TimeSpent,
} from "./answers/energy.ts";
export {
  type EnergyModel,
  energyModelOf,
  type Powers,
  storeEnergyModel,
} from "./answers/energy-model.ts";
export { loadCosts, loadEveryCosts } from "./answers/load-costs.ts";
export type { DearWidth, MarginalCost } from "./answers/marginal.ts";
export type { MeasuredKernel } from "./answers/measured-kernels.ts";
export { type MeasuredLatency, measuredNetworks } from "./answers/measured-networks.ts";
export type { LayerCost, NetworkCost } from "./answers/network-cost.ts";
export type { NetworkChange, NetworkMarginal } from "./answers/network-marginal.ts";
export { describeKernel } from "./answers/refusal.ts";
export { checkTable, type Finding } from "./check.ts";
export type { CheckResult } from "./checks/result.ts";
export type { StoredLatency } from "./columns.ts";
export {
  type ComparedCost,
  type ComparedSide,
  type CostChange,
  compareCosts,
  comparedFields,
  incomparable,
} from "./compare-costs.ts";
export type { Defect, NamedTable } from "./defects/defect.ts";
export { comparedDefectsOf, type DeviceRows, defectsAmong } from "./defects/defects.ts";
export { costsNothing } from "./defects/row-defects.ts";
export { describeSchema, type SchemaColumn, type SchemaEntry } from "./describe-schema.ts";
export { type DeviceLockOptions, lockDevice } from "./device-lock.ts";
export type { StoredEnergy } from "./energy-columns.ts";
export type { FileLock } from "./file-lock.ts";
export { fitTable } from "./fit/fit-table.ts";
export { type Axis, hasOneAxis, withWidth } from "./fit/plane.ts";
export type { Staircase } from "./fit/stairs.ts";
export { type CostSummary, currentSummary } from "./fit/stored-costs.ts";
export type { ForeignSource, ImportedSummary, StoredForeignTable } from "./foreign.ts";
export {
  type CurvePoint,
  curvesAlong,
  type ForeignAxis,
  foreignAxes,
} from "./foreign-costs/curves.ts";
export type { ForeignAnswer } from "./foreign-costs/family-answer.ts";
export {
  type ForeignChange,
  type ForeignCosts,
  type ForeignMarginal,
  type ForeignQuestion,
  type ForeignStairs,
  foreignCosts,
} from "./foreign-costs/foreign-costs.ts";
export { type ForeignSteps, foreignSteps } from "./foreign-costs/foreign-steps.ts";
export { importedCostTable } from "./foreign-costs/imported-table.ts";
export { type DeviceTable, measuredNetworkTables, measuredTables } from "./formats/as-foreign.ts";
export type {
  ForeignRow,
  ForeignTable,
  ReadOptions,
  Shape,
  SourceFile,
  TableFormat,
  TableUnits,
  Written,
} from "./formats/foreign-table.ts";
export { lossesOf } from "./formats/losses.ts";
export { measuredBlocks } from "./formats/measured-blocks.ts";
export { findFormat, formatOf, tableFormats } from "./formats/registry.ts";
export { type EnergyUnit, energyUnits, type LatencyUnit, latencyUnits } from "./formats/units.ts";
export { groupBy } from "./group-by.ts";
export {
  type CombinedLatency,
  type CombinedNetwork,
  combineLoads,
  deviation,
  type LoadRow,
  type LoadSpread,
  loadKey,
  loadSpread,
  unknownSd,
  usableRows,
  type VarianceModel,
} from "./loads/combine-loads.ts";
export {
  moderate,
  type SizedVariance,
  type VariancePrior,
  variancePrior,
} from "./loads/moderated-variance.ts";
export { studentT95 } from "./loads/student-t.ts";
export type { MergedRows } from "./merge.ts";
export type * from "./meter-log-records.ts";
export type { NewCostModel } from "./models.ts";
export type { NetworkPlace } from "./needs.ts";
export type { NetworkFilter } from "./network-filter.ts";
export { networkKey } from "./network-key.ts";
export type { OpenMode } from "./open.ts";
export { describePlatform, type PlatformFilter, type PlatformSummary } from "./platforms.ts";
export {
  type AskedStep,
  estimateSteps,
  isKnown,
  type ModelEstimate,
  type StepCost,
  type StepEstimate,
} from "./predicted/estimate.ts";
export type { Likeness } from "./predicted/few-shot.ts";
export { type GuessedCosts, guessedCosts } from "./predicted/guessed-costs.ts";
export { type LikeCosts, loadLikeCosts } from "./predicted/like-costs.ts";
export type { KernelFilter, MeasurementFilter, StoredKernelMeasurement } from "./read-kernels.ts";
export type { StoredNetworkMeasurement } from "./read-networks.ts";
export type * from "./records.ts";
export type { SessionProgress, StoredSession } from "./sessions.ts";
export { type EnergyTable, openTable } from "./table.ts";
export type { DatedKernelMeasurement, Method } from "./write-kernels.ts";
