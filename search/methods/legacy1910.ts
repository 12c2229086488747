import { publishedMethod } from "../published/published-method.ts";
import { releasedPlan } from "../published/released-plan.ts";
import { findDirections } from "../splitting/find-directions.ts";
import { rayleigh } from "../splitting/finders.ts";
import { curvedAtWriter } from "../splitting/groups.ts";
import { releasedMenu } from "../splitting/menu.ts";

/** Examples per step of the descent. */
const batch = 64;

/**
 * The choices of the code released with Wang et al. 2019 (arXiv 1910.03103) for CIFAR, for comparison: curvature of a
 * neuron's own activation, indices as its descent leaves them, its costs and budgets, a fixed step, directions copied whole
 * to split inputs, fresh momentum.
 */
export const legacy1910 = publishedMethod({
  name: "legacy1910",
  summary:
    "the choices of the code released with Wang et al. 2019, faults included, to compare with",
  findDirections: (start, context) =>
    findDirections(start, context, {
      finder: rayleigh(context.recipe.directionPasses),
      batch,
      view: curvedAtWriter,
      keepsScale: true,
    }),
  menu: releasedMenu,
  plan: releasedPlan,
  manner: { steps: [1e-2], isAbsolute: true, displacesWhole: true, dropsMomentum: true },
});
