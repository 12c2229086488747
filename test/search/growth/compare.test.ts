import { expect, test } from "vitest";
import { bestOf, lossDifference } from "../../../search/growth/compare.ts";
import type { TrainedCandidate } from "../../../search/index.ts";

const evaluation = (losses: readonly number[]) => ({
  loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  accuracy: 0,
  count: losses.length,
  losses: Float32Array.from(losses),
});

test("losses are compared example by example: what moves all of them alike is no noise", () => {
  const difference = lossDifference(evaluation([1, 5, 9]), evaluation([1.5, 5.5, 9.5]));

  expect(difference.mean).toBeCloseTo(-0.5, 6);
  expect(difference.standardError).toBeCloseTo(0, 6);
});

test("the best is the one of least held-out loss; one that diverged never is", () => {
  const candidates = [[2], [1], [Number.POSITIVE_INFINITY]].map((losses) => ({
    validation: evaluation(losses),
  }));

  expect(bestOf(candidates as unknown as readonly TrainedCandidate[])).toBe(1);
});
