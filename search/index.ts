export {
  type CellWorkers,
  cellPerplexity,
  type FoundCell,
  plannedTrainings,
  type RecurrentRequest,
  type RecurrentSettings,
  type SizedCell,
  searchRecurrentCell,
  type TrainedCell,
} from "./autoshrink/recurrent-search.ts";
export { type Allocation, allocations, uniformShape } from "./baselines/allocations.ts";
export { fitShape, type ShapeRequest } from "./baselines/fit-shape.ts";
export { type MeasuredNetwork, macsCostModel } from "./baselines/macs-cost-model.ts";
export { type TrainedNetwork, trainUniform } from "./baselines/train-uniform.ts";
export {
  type UniformNetwork,
  type UniformRequest,
  uniformNetwork,
  uniformWidths,
} from "./baselines/uniform.ts";
export type { Budget, Cost, CostModel } from "./cost-model.ts";
export { growingWidths, widthsOf, withGrowingWidths } from "./group-widths.ts";
export type {
  CandidateRecord,
  NetworkCost,
  SearchHistory,
  SearchRound,
  SplitRecord,
  TrainingAccount,
} from "./history.ts";
export { type Choices, drawPath } from "./hurricane/choices.ts";
export { isWithin, type PathLimits } from "./hurricane/first-path.ts";
export {
  laterFirst,
  type OperatorSearch,
  oneStage,
  operatorSearch,
} from "./hurricane/hurricane-method.ts";
export { type JudgeContext, judgePaths, type SharedWeights } from "./hurricane/judge-paths.ts";
export { operatorCosts } from "./hurricane/operator-costs.ts";
export {
  chooseOperators,
  type LayerOperator,
  type SpaceOptions,
} from "./hurricane/operator-space.ts";
export { meanPathCost, supernetState } from "./hurricane/supernet.ts";
export { comparingKind, epochsBehind, isFromScratch, trialKind } from "./lineage.ts";
export type * from "./method.ts";
export type { RoundVerdict, TrainMove } from "./method.ts";
export { findMethod, searchMethods } from "./methods/registry.ts";
export {
  planSearch,
  recipeWithin,
  type SearchPlan,
  type SpeedOptions,
  trainingSpeed,
} from "./plan.ts";
export {
  budgetedQuantities,
  budgetTooSmall,
  knownQuantities,
  meetsBudget,
  networkQuantities,
  type Quantities,
  type Quantity,
} from "./quantities.ts";
export { findRecipe, type OperatorScore, type Recipe, recipes } from "./recipe.ts";
export {
  type FoundNetwork,
  type SearchOptions,
  search,
} from "./search.ts";
export { type SavedProgress, type SearchProgress, savedProgress } from "./search-progress.ts";
export type { Trial } from "./search-state.ts";
export {
  dropSearchState,
  savedRecipe,
  searchIsUnderWay,
  searchSavedAt_ms,
} from "./search-state.ts";
export { type CandidateRequest, candidateWidths } from "./selection/candidate-widths.ts";
export { type GainCurve, gainCurve, type MenuEntry } from "./selection/gain-curve.ts";
export { requireCosts } from "./selection/require-costs.ts";
export {
  selectWidths,
  type WidthOption,
  type WidthOptions,
  type WidthRequest,
  type WidthSelection,
} from "./selection/select-widths.ts";
export { summedCost } from "./summed-cost.ts";
export {
  type OneTrialWork,
  type TrialSettings,
  type TrialWorkers,
  trainTrial,
} from "./train-trials.ts";
export {
  type PhaseOptions,
  type PhasePoint,
  type PhaseResult,
  type PhaseTrainer,
  type SearchData,
  trainPhase,
} from "./training-phase.ts";
export { analysisIn, dropAnalysis, type UnfinishedAnalysis } from "./unfinished-analysis.ts";
