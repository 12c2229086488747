import { type Network, withWidths } from "../../src/network/network.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import { freshState, type TrainingState } from "../../src/training/trainer.ts";
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

/** The network at other widths by group. */
export const atWidths = (network: Network, widths: ReadonlyMap<string, number>): Network =>
  withWidths(
    network,
    new Map(
      widthGroups(network).flatMap(({ name, writers }) => {
        const width = widths.get(name);
        return width === undefined ? [] : writers.map((writer) => [writer, width] as const);
      }),
    ),
  );
