import type { Network } from "../../src/network/network.ts";
import { freshState, type TrainingState } from "../../src/training/training-state.ts";
import type { SearchContext } from "../method.ts";
import { applyChannels, unchanged } from "../splitting/apply-channels.ts";
import { searchOptimizer } from "../training-phase.ts";
import { type Importance, mostImportant } from "./importance.ts";

export interface PrunedNetwork {
  readonly network: Network;
  readonly training: TrainingState;
}

/** The network with the most important channels of each group, and their weights; the optimiser begins anew. */
export function keepMostImportant(
  network: Network,
  { weights }: TrainingState,
  importance: Importance,
  widths: ReadonlyMap<string, number>,
  { recipe }: Pick<SearchContext, "recipe">,
): PrunedNetwork {
  const channels = [...widths].flatMap(([group, width]) => {
    const values = importance.get(group);
    return values ? [[group, unchanged(mostImportant(values, width))] as const] : [];
  });
  const pruned = applyChannels(network, weights, new Map(channels));
  return {
    network: pruned.network,
    training: freshState(pruned.network, pruned.weights, searchOptimizer(recipe)),
  };
}
