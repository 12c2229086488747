import { growthMethod } from "../growth/growth-method.ts";
import { findDirections } from "../splitting/find-directions.ts";
import { binaryMenu } from "../splitting/menu.ts";

/** The default. Which neurons split, and where to: Wang et al. 2019 (arXiv 1910.03103); which stages grow: short trials. */
export const splitting = growthMethod({
  name: "splitting",
  summary: "grows by splitting neurons, every way of growing tried against uniform growth",
  findDirections,
  menu: binaryMenu,
});
