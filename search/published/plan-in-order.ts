import type { Network } from "../../src/network/network.ts";
import { atWidths, growingWidths } from "../group-widths.ts";
import type { SearchContext } from "../method.ts";
import { budgetedQuantities, knownQuantities, meetsBudget } from "../quantities.ts";
import type { SplitEntry, SplitMenus } from "../splitting/menu.ts";
import type { ChosenSplit, ChosenSplits } from "../splitting/split-options.ts";
import { endOfRecipe, type PlannedGrowth, type PlanRequest } from "./published-method.ts";

/** A neuron of the whole network, and how it splits. */
export interface RankedSplit {
  readonly group: string;
  readonly neuron: number;
  readonly entry: SplitEntry;
}

/** Every neuron on every menu. */
export const allSplits = (menus: SplitMenus): readonly RankedSplit[] =>
  [...menus].flatMap(([group, neurons]) =>
    neurons.flatMap((menu, neuron) => menu.map((entry) => ({ group, neuron, entry }))),
  );

/** The first of these splits that the budget allows, in whole steps of the granularity. */
export function planInOrder(
  ranked: readonly RankedSplit[],
  { network, grown }: Omit<PlanRequest, "menus">,
  context: SearchContext,
): PlannedGrowth {
  const { rounds } = context.recipe;
  const isLast = grown >= rounds;
  for (let count = ranked.length; count > 0; count--) {
    const splits = wholeSteps(network, ranked.slice(0, count), context);
    if (splits.size === 0) break;
    if (!fits(network, splits, context)) continue;
    const gain = [...splits.values()].flat().reduce((sum, split) => sum + split.gain, 0);
    const plan = { splits, gain, gainBound: gain };
    if (isLast) return { plan, ended: endOfRecipe(rounds) };
    return count < ranked.length
      ? { plan, ended: "the budget allows no full round more" }
      : { plan };
  }
  const nothing = { splits: new Map(), gain: 0, gainBound: 0 };
  return { plan: nothing, ended: isLast ? endOfRecipe(rounds) : "no split fits the budget" };
}

/** Of every group as many of its best as keep its width a multiple of the granularity and within its cap. */
function wholeSteps(
  network: Network,
  ranked: readonly RankedSplit[],
  { granularity, caps }: SearchContext,
): ChosenSplits {
  const splits = [...growingWidths(network)].flatMap(([group, width]) => {
    const own = ranked.filter((one) => one.group === group);
    const most = Math.min(width + own.length, caps.get(group) ?? Number.POSITIVE_INFINITY);
    const added = Math.floor(most / granularity) * granularity - width;
    const chosen = own
      .slice(0, Math.max(0, added))
      .map(({ neuron, entry }): ChosenSplit => ({ ...entry, neuron }));
    return chosen.length > 0 ? [[group, chosen] as const] : [];
  });
  return new Map(splits);
}

function fits(
  network: Network,
  splits: ChosenSplits,
  { costs, budget }: Pick<SearchContext, "costs" | "budget">,
): boolean {
  const present = growingWidths(network);
  const widths = [...splits].map(
    ([group, chosen]) => [group, (present.get(group) ?? 0) + chosen.length] as const,
  );
  const wider = atWidths(network, new Map(widths));
  const amounts = knownQuantities(wider, costs, budgetedQuantities(budget));
  return amounts !== undefined && meetsBudget(amounts, budget);
}
