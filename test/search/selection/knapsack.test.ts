import { expect, test } from "vitest";
import { solveGrowth } from "../../../search/splitting/selection/solve-growth.ts";
import { linearKnapsack } from "../../support/reference/linear-knapsack.ts";

// Two layers: gains 5, 3, 1, -0.5 at cost 2 and 4, 2 at cost 1, two splits at most in each.
const layers = [
  { gains: [5, 3, 1, -0.5], cost: 2, cap: 2 },
  { gains: [4, 2], cost: 1, cap: 2 },
];

const asGrowth = (budget: number) => ({
  gains: [Float64Array.of(0, 5, 8), Float64Array.of(0, 4, 6)],
  terms: layers.map(({ cost }, layer) => ({
    variables: [layer] as const,
    costs: (level: number) => Float64Array.of(cost * level),
  })),
  constant: Float64Array.of(0),
  limits: Float64Array.of(budget),
});

test("budget 4: linear programme, thresholded and exact selection agree on a gain of 11", () => {
  const linear = linearKnapsack(layers, 4);
  const { growth, bound } = solveGrowth(asGrowth(4));

  expect(linear).toEqual({ relaxedGain: 11, splits: [1, 2], gain: 11, cost: 4 });
  expect(growth).toMatchObject({ gain: 11, levels: Int32Array.of(1, 2) });
  expect(bound).toBeCloseTo(11, 12);
});

test("budget 5: the threshold keeps 11 of the programme's 12.5, the exact optimum is 12", () => {
  const linear = linearKnapsack(layers, 5);
  const { growth, bound } = solveGrowth(asGrowth(5));

  expect(linear).toMatchObject({ relaxedGain: 12.5, splits: [1, 2], gain: 11 });
  expect(growth).toMatchObject({ gain: 12, levels: Int32Array.of(2, 1) });
  expect(bound).toBeCloseTo(12.5, 12);
});

test("neurons without positive gain are never split", () => {
  expect(linearKnapsack([{ gains: [-1, 0, 2], cost: 1, cap: 3 }], 10).splits).toEqual([1]);
});
