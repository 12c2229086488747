export { macsCostModel } from "./baselines/macs-cost-model.ts";
export { type TrainedNetwork, trainUniform } from "./baselines/train-uniform.ts";
export {
  type UniformNetwork,
  uniformNetwork,
  uniformWidths,
} from "./baselines/uniform.ts";
export type { Budget, Cost, CostModel } from "./cost-model.ts";
export type { NetworkCost, RoundKind, SearchHistory, SearchRound, SplitRecord } from "./history.ts";
export { networkCost } from "./network-cost.ts";
export { findRecipe, type Recipe, recipes } from "./recipe.ts";
export {
  type FoundNetwork,
  findMethod,
  type SearchMethod,
  type SearchOptions,
  type SearchProgress,
  search,
  widthsOf,
} from "./search.ts";
export { dropSearchState, searchIsUnderWay } from "./search-state.ts";
export {
  budgetedQuantities,
  budgetTooSmall,
  meetsBudget,
  networkQuantities,
} from "./splitting/selection/quantities.ts";
export { type SearchData, trainPhase } from "./training-phase.ts";
