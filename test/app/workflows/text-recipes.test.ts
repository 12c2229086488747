import { expect, test } from "vitest";
import {
  findTextRecipe,
  textPlan_s,
  textRecipeWithin,
} from "../../../src/app/workflows/text-recipes.ts";

const work = {
  recipe: findTextRecipe("standard"),
  speed: { step_s: 0.1, compile_s: 2 },
  words: 900_000,
  workers: 1,
};

test("a plan counts every step of every cell, workers at once, and the training from scratch alone", () => {
  // 95 trainings of 10 epochs of 88,800 / (128 x 35) batches, and 40 epochs of 900,000 / (128 x 35).
  const cells_s = 95 * (2 + 10 * 19 * 0.1);
  const final_s = 2 + 40 * 200 * 0.1;

  expect(textPlan_s(work)).toBeCloseTo(cells_s + final_s, 6);
  expect(textPlan_s({ ...work, workers: 2 })).toBeCloseTo(cells_s / 2 + final_s, 6);
});

test("a time limit cuts epochs in proportion, drops of the rate too, and no more than leaves anything to tell apart", () => {
  const whole_s = textPlan_s(work);

  expect(textRecipeWithin(2 * whole_s, work)).toBe(work.recipe);
  const half = textRecipeWithin(0.6 * whole_s, work);
  if (!half) throw new Error("No recipe fits");
  expect(textPlan_s({ ...work, recipe: half })).toBeLessThanOrEqual(0.8 * 0.6 * whole_s);
  expect(half.final.epochs).toBeLessThan(40);
  for (const drop of half.final.drops ?? []) expect(drop).toBeLessThan(half.final.epochs);
  expect(half.search.candidates).toBe(work.recipe.search.candidates);
  expect(textRecipeWithin(60, work)).toBeUndefined();
});
