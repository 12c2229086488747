import { type Recipe, recipes } from "../../search/index.ts";
import type { Size } from "../experiment.ts";

export const net = "hurricane-cifar";

export interface Protocol {
  readonly seeds: readonly number[];
  /** Training images, drawn once. */
  readonly examples: number;
  readonly recipe: Recipe;
  /** Paths whose accuracy on shared weights is held against their own. */
  readonly rankedPaths: number;
}

const recipe = (epochs: number): Recipe => ({
  ...recipes.quick,
  name: `hurricane, ${epochs} epochs`,
  finalEpochs: epochs,
  inheritedEpochs: 0,
});

export const protocols: { readonly [S in Size]: Protocol } = {
  quick: { seeds: [0], examples: 8000, recipe: recipe(8), rankedPaths: 8 },
  full: { seeds: [0, 1, 2], examples: 8000, recipe: recipe(20), rankedPaths: 12 },
};

export const runKey = (arm: string, seed: number): string =>
  `${arm.replaceAll(/[ ,]+/g, "-")}-seed-${seed}`;
export const rankingKey = "ranking";
export const measuredKey = "measured";
