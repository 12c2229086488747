import { initialWeights } from "../src/network/initial-weights.ts";
import type { Network } from "../src/network/network.ts";
import { freshState, type TrainingState } from "../src/training/training-state.ts";
import type { SearchContext } from "./method.ts";
import { phaseRandom, searchOptimizer } from "./training-phase.ts";

/** Fresh weights; the same for the same network, seed and round. */
export function fromScratch(
  network: Network,
  { seed, recipe }: Pick<SearchContext, "seed" | "recipe">,
  round: number,
): TrainingState {
  const weights = initialWeights(network, phaseRandom(seed, round, initialDraw));
  return freshState(network, weights, searchOptimizer(recipe));
}

/** Where epochs draw from phaseRandom(seed, round, 0, 1, ...). */
const initialDraw = -3;
