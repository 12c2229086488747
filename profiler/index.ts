export { canaryLatency, canaryNetwork } from "./canary.ts";
export { type CombinedKernel, combineKernels } from "./combine-kernels.ts";
export { energiesFromTrace, type TracedLoad, type TracedLog } from "./energy/from-trace.ts";
export {
  assumedPower,
  type EnergyModelDocument,
  fitEnergyModel,
  type MeteredNetwork,
  predictEnergy,
} from "./energy/model.ts";
export { type EnergyRules, energyRules } from "./energy/rules.ts";
export { fitCosts } from "./fit-costs.ts";
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
export { type PlannedNetwork, type PlanOptions, type ProfilePlan, planProfile } from "./plan.ts";
export { type ProfileOutcome, profile } from "./profile.ts";
export { type SamplingRules, samplingRules } from "./sampling.ts";
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
