import { growthMethod } from "../growth/growth-method.ts";
import { binaryMenu } from "../splitting/menu.ts";
import { randomDirections } from "../splitting/random-directions.ts";

/** The default search with chance in place of splitting directions: what they are worth. */
export const randomSplit = growthMethod({
  name: "random-split",
  summary: "the default search with neurons and directions drawn by chance: a control",
  findDirections: randomDirections,
  menu: binaryMenu,
});
