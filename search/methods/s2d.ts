import { publishedMethod } from "../published/published-method.ts";
import { topPlan } from "../published/top-plan.ts";
import { findDirections } from "../splitting/find-directions.ts";
import { exact } from "../splitting/finders.ts";
import { bareMenu } from "../splitting/menu.ts";

/** Splitting steepest descent (Liu et al. 2019, arXiv 1910.02366): exact splitting matrices, the top neurons, blind to costs. */
export const s2d = publishedMethod({
  name: "s2d",
  summary: "splits the neurons of least index by exact splitting matrices, blind to costs (S2D)",
  findDirections: (start, context) => findDirections(start, context, { finder: exact }),
  menu: bareMenu,
  plan: topPlan,
});
