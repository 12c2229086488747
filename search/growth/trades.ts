import type { Network } from "../../src/network/network.ts";
import type { SearchContext } from "../method.ts";
import type { PrunedNetwork } from "../pruning/prune.ts";
import { shrinkWithin } from "../pruning/shrink.ts";
import { onlyGroups, selectWidths } from "../selection/select-widths.ts";
import type { SplitMenus } from "../splitting/menu.ts";
import { type SplitRequest, splitNetwork } from "../splitting/split-network.ts";
import { splitOptions, splitsFor } from "../splitting/split-options.ts";
import { stagesOf } from "../stages.ts";
import { limitsAt, roomOf } from "./limits.ts";

/** A stage that gives width to another one. */
export interface Trade {
  readonly from: string;
  readonly to: string;
}

/** Trades proposed at a time. */
export const mostTrades = 3;

/**
 * The trades that promise most: from the stages whose width was worth least to those where it was worth most, by what the
 * lookaheads found. Stages of which nothing is known do not trade.
 */
export function promisingTrades(
  network: Network,
  utilities: Readonly<Record<string, number>>,
): readonly Trade[] {
  const known = [...stagesOf(network).keys()]
    .flatMap((stage) => {
      const utility = utilities[stage];
      return utility === undefined ? [] : [{ stage, utility }];
    })
    .sort((a, b) => b.utility - a.utility);
  const trades = known.flatMap((to, i) =>
    known.slice(i + 1).map((from) => ({ from, to, promise: to.utility - from.utility })),
  );
  return trades
    .sort((a, b) => b.promise - a.promise)
    .slice(0, mostTrades)
    .map(({ from, to }) => ({ from: from.stage, to: to.stage }));
}

/** Share of the room between the narrowest network and the budget that changes hands. */
const tradeShare = 0.1;

/**
 * The network after the trade: the best neurons of one stage split beyond the budget, then the least important channels of
 * the other dropped until the budget is met. Undefined where there is nothing to split or not enough to drop.
 */
export async function traded(
  { from, to }: Trade,
  parent: Pick<SplitRequest, "network" | "training" | "directions" | "round"> & {
    readonly menus: SplitMenus;
  },
  context: SearchContext,
): Promise<PrunedNetwork | undefined> {
  const { network, menus } = parent;
  const stages = stagesOf(network);
  const options = onlyGroups(splitOptions(network, menus, context), stages.get(to) ?? []);
  const beyond = limitsAt(1 + tradeShare, roomOf(context));
  const { costs, budget } = context;
  const { widths, gain, bound } = selectWidths({ network, options, costs, budget: beyond });
  if (widths.size === 0) return undefined;
  const splits = splitsFor(network, widths, menus);
  const grown = await splitNetwork({ ...parent, splits, gain, gainBound: bound }, context);
  return shrinkWithin(grown, budget, context, stages.get(from));
}
