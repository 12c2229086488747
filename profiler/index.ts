export { calibrate } from "./calibrate.ts";
export { type EnergyRules, energyRules } from "./energy/window.ts";
export { type PlannedNetwork, type PlanOptions, type ProfilePlan, planProfile } from "./plan.ts";
export { platformOf, protocol } from "./platform.ts";
export { undisturbedLatency } from "./probe.ts";
export { type ProfileOutcome, profile } from "./profile.ts";
export { type SamplingRules, samplingRules } from "./sampling.ts";
export type { GroupRange, SearchSpace, SpaceOptions } from "./space.ts";
export type { ProfileOptions } from "./steps.ts";
export {
  type Prediction,
  type Verification,
  type VerifiedLayer,
  type VerifyOptions,
  verifyNetwork,
} from "./verify.ts";
