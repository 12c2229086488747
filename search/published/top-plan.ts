import type { SearchContext } from "../method.ts";
import { allSplits, planInOrder } from "./plan-in-order.ts";
import type { PlannedGrowth, PlanRequest } from "./published-method.ts";

/**
 * The neurons of least splitting index in the whole network, whatever they cost (S2D, Liu et al. 2019, arXiv 1910.02366): as
 * large a part of all neurons as the recipe grows in a round, 30 % as released, or as many of them as the budget allows.
 */
export function topPlan(
  { network, menus, grown }: PlanRequest,
  context: SearchContext,
): PlannedGrowth {
  const ranked = [...allSplits(menus)].sort((a, b) => b.entry.gain - a.entry.gain);
  const wanted = Math.floor((context.recipe.growth - 1) * ranked.length);
  return planInOrder(ranked.slice(0, wanted), { network, grown }, context);
}
