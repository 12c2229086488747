import { expect, test } from "vitest";
import { candidateLevels, stepEnds } from "../../../search/splitting/selection/candidates.ts";

// BitFusion, 7x7 convolution of 192 channels, W4A4: constant within 32 outputs (APQ's table, in ms).
const bitFusion = (width: number) => (width <= 768 ? 0.031624 : width <= 800 ? 0.032928 : 0.034228);

test("the ends of cost steps are the last widths before a rise", () => {
  const costs = Float64Array.from({ length: 73 }, (_, level) => bitFusion(760 + level));

  expect(stepEnds(costs).map((level) => 760 + level)).toEqual([768, 800]);
});

test("a dip begins where cost falls and ends before it rises", () => {
  expect(stepEnds(Float64Array.of(3, 3, 3, 2, 2, 3, 3, 3))).toEqual([3, 4]);
});

test("cost that rises evenly has no steps", () => {
  expect(stepEnds(Float64Array.from({ length: 20 }, (_, level) => 1 + 0.1 * level))).toEqual([]);
});

test("a wide group keeps its ends, its surroundings and its cost steps among the levels tried", () => {
  const width = 640;
  const problem = {
    gains: [new Float64Array(width + 1)],
    terms: [
      {
        variables: [0] as const,
        costs: (level: number) => Float64Array.of(Math.ceil(level / 96)),
      },
    ],
    constant: Float64Array.of(1),
    limits: Float64Array.of(10),
  };

  const [levels] = candidateLevels(problem, Int32Array.of(300), 32);

  expect([...(levels ?? [])]).toEqual(
    expect.arrayContaining([0, 96, 192, 288, 299, 300, 301, 384, 480, 576, 640]),
  );
  expect(levels?.length).toBeLessThanOrEqual(32);
  expect([...(levels ?? [])]).toEqual([...new Set(levels)].sort((a, b) => a - b));
});
