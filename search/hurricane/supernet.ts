import { type OperatorSpace, pathNetwork } from "../../src/network/blocks/operator-space.ts";
import type { Network } from "../../src/network/network.ts";
import { freshState, type TrainingState } from "../../src/training/training-state.ts";
import type { CostModel } from "../cost-model.ts";
import { fromScratch } from "../from-scratch.ts";
import type { NetworkCost } from "../history.ts";
import type { SearchContext } from "../method.ts";
import { summedCost } from "../summed-cost.ts";
import { searchOptimizer } from "../training-phase.ts";
import { type Choices, columnPaths } from "./choices.ts";

/** The networks of `columnPaths`. */
export const columnNetworks = (space: OperatorSpace, choices: Choices): readonly Network[] =>
  columnPaths(choices).map((path) => pathNetwork(space, path));

/** Weights of every choice: those that `before` has, and fresh ones; the optimiser starts anew. */
export function supernetState(
  space: OperatorSpace,
  choices: Choices,
  context: Pick<SearchContext, "seed" | "recipe">,
  { round, before }: { readonly round: number; readonly before?: TrainingState },
): TrainingState {
  const networks = columnNetworks(space, choices);
  const fresh = networks.flatMap((network) => [...fromScratch(network, context, round).weights]);
  const weights = new Map(
    fresh.map(([name, array]) => [name, before?.weights.get(name) ?? array] as const),
  );
  const optimizer = searchOptimizer(context.recipe);
  const slots = networks.flatMap((network) => [...freshState(network, weights, optimizer).slots]);
  return { weights, slots: new Map(slots), steps: 0 };
}

/** What a path costs in the mean over all of them; peak memory does not add up and is left out. */
export function meanPathCost(
  space: OperatorSpace,
  choices: Choices,
  costs: CostModel,
): NetworkCost {
  const all = columnNetworks(space, choices).map((network) => summedCost(network, costs));
  const mean = (of: (cost: NetworkCost) => number): number =>
    all.reduce((sum, cost) => sum + of(cost), 0) / all.length;
  const hasEnergy = all.every(({ energy_j }) => energy_j !== undefined);
  return {
    latency_s: mean(({ latency_s }) => latency_s),
    ...(hasEnergy ? { energy_j: mean(({ energy_j = 0 }) => energy_j) } : {}),
    macs: mean(({ macs }) => macs),
    parameters: mean(({ parameters }) => parameters),
  };
}
