import { expect, test } from "vitest";
import { pairedDifference } from "../../experiments/statistics.ts";

test("a paired difference has the interval of Student's t", () => {
  // Differences 1, 2, 3: mean 2, standard deviation 1, t(0.975, 2) = 4.3027 (Abramowitz and Stegun, table 26.10).
  const estimate = pairedDifference([
    [2, 1],
    [4, 2],
    [6, 3],
  ]);

  expect(estimate?.value).toBeCloseTo(2, 12);
  expect(estimate?.low).toBeCloseTo(2 - 4.3027 / Math.sqrt(3), 3);
  expect(estimate?.high).toBeCloseTo(2 + 4.3027 / Math.sqrt(3), 3);
});

test("one pair says nothing of its own spread", () => {
  expect(pairedDifference([[2, 1]])).toBeUndefined();
});
