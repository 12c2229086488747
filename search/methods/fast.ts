import { knapsackPlan } from "../published/knapsack-plan.ts";
import { publishedMethod } from "../published/published-method.ts";
import { findDirections } from "../splitting/find-directions.ts";
import { rayleigh } from "../splitting/finders.ts";
import { bareMenu } from "../splitting/menu.ts";

/** Energy-aware splitting (Wang et al. 2019, arXiv 1910.03103): Rayleigh-quotient descent, one knapsack by index and cost. */
export const fast = publishedMethod({
  name: "fast",
  summary: "splits by Rayleigh-quotient descent and one knapsack a round (Wang et al. 2019)",
  findDirections: (start, context) =>
    findDirections(start, context, { finder: rayleigh(context.recipe.directionPasses) }),
  menu: bareMenu,
  plan: knapsackPlan,
});
