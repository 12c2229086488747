import { growthMethod } from "../growth/growth-method.ts";
import { findDirections } from "../splitting/find-directions.ts";
import { binaryMenu } from "../splitting/menu.ts";

/** The default. Which neurons split, and where to: Wang et al. 2019 (arXiv 1910.03103); which stages are wide: trials from scratch. */
export const splitting = growthMethod({
  name: "splitting",
  summary: "grows by splitting neurons, and learns from trials where width is worth most",
  findDirections: (start, context) => findDirections(start, context, { withNewcomers: true }),
  menu: binaryMenu,
});
