import type { Network } from "../../src/network/network.ts";
import { atWidths, growingWidths } from "../group-widths.ts";
import type { SearchContext } from "../method.ts";
import { budgetedQuantities, knownQuantities, meetsBudget } from "../quantities.ts";
import type { SplitEntry } from "../splitting/menu.ts";
import type { ChosenSplit, ChosenSplits } from "../splitting/split-options.ts";
import { endOfRecipe, type PlannedGrowth, type PlanRequest } from "./published-method.ts";

/**
 * The neurons of least splitting index in the whole network, whatever they cost (S2D, Liu et al. 2019, arXiv 1910.02366): as
 * large a part of all neurons as the recipe grows in a round, 30 % as released, or as many of them as the budget allows.
 */
export function topPlan(
  { network, menus, grown }: PlanRequest,
  context: SearchContext,
): PlannedGrowth {
  const { recipe } = context;
  const ranked = [...menus].flatMap(([group, neurons]) =>
    neurons.flatMap((menu, neuron) => menu.map((entry) => ({ group, neuron, entry }))),
  );
  ranked.sort((a, b) => b.entry.gain - a.entry.gain);
  const wanted = Math.floor((recipe.growth - 1) * ranked.length);
  const isLast = grown >= recipe.rounds;
  for (let count = wanted; count > 0; count--) {
    const splits = wholeSteps(network, ranked.slice(0, count), context);
    if (splits.size === 0) break;
    if (!fits(network, splits, context)) continue;
    const gain = [...splits.values()].flat().reduce((sum, split) => sum + split.gain, 0);
    const plan = { splits, gain, gainBound: gain };
    if (isLast) return { plan, ended: endOfRecipe(recipe.rounds) };
    return count < wanted ? { plan, ended: "the budget allows no full round more" } : { plan };
  }
  const nothing = { splits: new Map(), gain: 0, gainBound: 0 };
  return { plan: nothing, ended: isLast ? endOfRecipe(recipe.rounds) : "no split fits the budget" };
}

interface Ranked {
  readonly group: string;
  readonly neuron: number;
  readonly entry: SplitEntry;
}

/** Of every group as many of its best as keep its width a multiple of the granularity and within its cap. */
function wholeSteps(
  network: Network,
  ranked: readonly Ranked[],
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
