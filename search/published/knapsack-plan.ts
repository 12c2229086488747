import type { Network } from "../../src/network/network.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import type { Budget } from "../cost-model.ts";
import type { SearchContext } from "../method.ts";
import { selectWidths, type WidthSelection } from "../selection/select-widths.ts";
import type { SplitMenus } from "../splitting/menu.ts";
import { splitOptions, splitsFor } from "../splitting/split-options.ts";
import { summedCost } from "../summed-cost.ts";
import {
  endOfRecipe,
  type GrowthPlan,
  type PlannedGrowth,
  type PlanRequest,
} from "./published-method.ts";

/** A step that uses less than this share of every budget and adds less than this share of neurons ends growth. */
const sliver = 0.03;

/**
 * One knapsack over all neurons (Wang et al. 2019, arXiv 1910.03103), at the costs of whole networks: a round may raise every
 * budgeted cost by the recipe's growth. When nothing worth a round is left, it adds what still fits and says so.
 */
export function knapsackPlan(
  { network, menus, grown }: PlanRequest,
  context: SearchContext,
): PlannedGrowth {
  const { costs, budget, recipe } = context;
  const options = splitOptions(network, menus, context);
  const select = (limits: Budget) => selectWidths({ network, options, costs, budget: limits });
  if (grown < recipe.rounds)
    for (const limits of roundBudgets(network, context)) {
      const selection = select(limits);
      if (worthARound(network, selection, context))
        return { plan: planOf(network, selection, menus) };
    }
  const last = select(budget);
  const ended =
    last.reason ??
    (grown < recipe.rounds
      ? `the next step is less than ${100 * sliver} % of the budget`
      : endOfRecipe(recipe.rounds));
  return { plan: planOf(network, last, menus), ended };
}

/** Budgets of this round, from the recipe's growth up to the whole one, each tried when the one before adds too little. */
function* roundBudgets(
  network: Network,
  { costs, budget, recipe }: SearchContext,
): Generator<Budget> {
  const cost = summedCost(network, costs);
  for (let growth = recipe.growth; ; growth *= recipe.growth) {
    const limits = Object.fromEntries(
      Object.entries(budget).map(([quantity, limit]) => [
        quantity,
        Math.min(limit, growth * (cost[quantity as keyof Budget] ?? 0)),
      ]),
    ) as Budget;
    yield limits;
    if (
      Object.entries(limits).every(
        ([quantity, limit]) => limit === budget[quantity as keyof Budget],
      )
    )
      return;
  }
}

/** True if the selection is more than a sliver, of some budget or of the network's own neurons. */
function worthARound(
  network: Network,
  selection: WidthSelection,
  { costs, budget }: SearchContext,
): boolean {
  const before = summedCost(network, costs);
  const groups = widthGroups(network);
  const widths = groups.reduce((sum, { width }) => sum + width, 0);
  const added = groups.reduce(
    (sum, { name, width }) => sum + (selection.widths.get(name) ?? width) - width,
    0,
  );
  const used = Object.entries(budget).map(([quantity, limit]) => {
    const key = quantity as keyof Budget;
    return ((selection.cost[key] ?? 0) - (before[key] ?? 0)) / limit;
  });
  return added > 0 && Math.max(added / widths, ...used) > sliver;
}

function planOf(
  network: Network,
  { widths, gain, bound }: WidthSelection,
  menus: SplitMenus,
): GrowthPlan {
  return { splits: splitsFor(network, widths, menus), gain, gainBound: bound };
}
