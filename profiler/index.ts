export { canaryLatency, canaryNetwork } from "./canary.ts";
export { type CombinedKernel, combineKernels, type KernelLoadRow } from "./combine-kernels.ts";
export type { ConditionFlag, Finding } from "./conditions.ts";
export { energiesFromTrace, type TracedLoad, type TracedLog } from "./energy/from-trace.ts";
export {
  assumedPower,
  type EnergyModelDocument,
  fitEnergyModel,
  type MeteredNetwork,
  type PowerFit,
  predictEnergy,
  type TimeSpent,
} from "./energy/model.ts";
export { type EnergyRules, energyRules } from "./energy/rules.ts";
export { type FitOptions, fitCosts } from "./fit-costs.ts";
export { type HeatRules, heatRules } from "./heat.ts";
export { type Load, measureBlock, measureNetwork } from "./measure-block.ts";
export { type MeasuredModel, measureModel } from "./measure-model.ts";
export {
  Measuring,
  type MeasuringOptions,
  measuringProtocol,
  openMeasuring,
} from "./measuring.ts";
export { type ModelPlanOptions, planModel } from "./model-plan.ts";
export { Patience } from "./patience.ts";
export { type PlannedNetwork, type PlanOptions, type ProfilePlan, planProfile } from "./plan.ts";
export type { Preflight } from "./preflight.ts";
export { type ProfileOutcome, profile, type StopReason } from "./profile.ts";
export { type SamplingRules, samplingRules } from "./sampling.ts";
export type { ScaledNetworks } from "./scaled-design.ts";
export { conditionNotices } from "./session-conditions.ts";
export type { GroupRange, SearchSpace, SpaceOptions } from "./space.ts";
export type { ProfileOptions } from "./steps.ts";
export { tableSlowdown } from "./table-speed.ts";
export {
  type NetworkToMeasure,
  type Verification,
  type Verified,
  type VerifiedLayer,
  type VerifyOptions,
  verifyNetwork,
  verifyNetworks,
} from "./verify.ts";
