import { growingWidths } from "../group-widths.ts";
import type { SearchContext } from "../method.ts";
import { allSplits, planInOrder, type RankedSplit } from "./plan-in-order.ts";
import type { PlannedGrowth, PlanRequest } from "./published-method.ts";
import { releasedCosts } from "./released-costs.ts";

/** Width groups that share the first budget; all others share the second. */
const early = 4;

/**
 * The choice of the code released with Wang et al. 2019 (arXiv 1910.03103): square roots of released costs, one linear
 * programme for the first four groups and one for the rest, each allowed the recipe's growth, a share of what the
 * present neurons cost; caps by group. The optimum of such a programme is the order of gain per cost, filled until one
 * neuron would fit in part: that one is dropped, and everything after it.
 */
export function releasedPlan(
  { network, menus, grown }: PlanRequest,
  context: SearchContext,
): PlannedGrowth {
  const costs = compressedCosts(releasedCosts(network));
  const widths = [...growingWidths(network)];
  const splits = allSplits(menus).filter(({ entry }) => entry.gain > 0);
  const chosen = [widths.slice(0, early), widths.slice(early)].flatMap((sharing) => {
    const present = sharing.reduce((sum, [group, width]) => sum + width * costOf(costs, group), 0);
    const own = sharing.flatMap(([group, width]) => {
      const most = (context.caps.get(group) ?? Number.POSITIVE_INFINITY) - width;
      const ofGroup = splits.filter((split) => split.group === group);
      return ofGroup.sort(byGain).slice(0, Math.max(0, most));
    });
    return filled(own, costs, (context.recipe.growth - 1) * present);
  });
  return planInOrder(inOrder(chosen, costs), { network, grown }, context);
}

type Costs = ReadonlyMap<string, number>;

const compressedCosts = (costs: Costs): Costs =>
  new Map([...costs].map(([group, cost]) => [group, Math.sqrt(cost)]));

const costOf = (costs: Costs, group: string): number => costs.get(group) ?? Number.NaN;

const byGain = (a: RankedSplit, b: RankedSplit): number => b.entry.gain - a.entry.gain;

const inOrder = (splits: readonly RankedSplit[], costs: Costs): readonly RankedSplit[] => {
  const ratio = ({ group, entry }: RankedSplit) => entry.gain / costOf(costs, group);
  return [...splits].sort((a, b) => ratio(b) - ratio(a));
};

function filled(
  splits: readonly RankedSplit[],
  costs: Costs,
  budget: number,
): readonly RankedSplit[] {
  const order = inOrder(splits, costs);
  let left = budget;
  let taken = 0;
  for (const { group } of order) {
    left -= costOf(costs, group);
    if (left < 0) break;
    taken++;
  }
  return order.slice(0, taken);
}
