import { describe, expect, test } from "vitest";
import { bestOf, learnt, lossDifference } from "../../../search/growth/lookahead.ts";
import type { TrainedCandidate } from "../../../search/index.ts";

const nothing = { factors: {}, utilities: {} };
const evaluation = (losses: readonly number[]) => ({
  loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  accuracy: 0,
  count: losses.length,
  losses: Float32Array.from(losses),
});

describe("what a lookahead teaches", () => {
  test("makes the gains of stages comparable: a stage whose gains came true counts as much more", () => {
    const { factors, utilities } = learnt(nothing, [
      { stage: "32x32", gain: 10, share: 0.2, fall: 0.1 },
      { stage: "4x4", gain: 10, share: 0.1, fall: 0.02 },
    ]);

    expect(factors["32x32"]).toBeCloseTo(0.01, 12);
    expect(factors["4x4"]).toBeCloseTo(0.002, 12);
    expect(utilities["32x32"]).toBeCloseTo(0.5, 12);
    expect(utilities["4x4"]).toBeCloseTo(0.2, 12);
  });

  test("is smoothed with what was known: the geometric mean", () => {
    const before = { factors: { "4x4": 0.04 }, utilities: { "4x4": 1 } };

    const { factors } = learnt(before, [{ stage: "4x4", gain: 1, share: 0.1, fall: 0.01 }]);

    expect(factors["4x4"]).toBeCloseTo(0.02, 12);
  });

  test("leaves a stage that lost a tenth of the mean, so that one bad epoch does not close it", () => {
    const { factors } = learnt(nothing, [
      { stage: "a", gain: 1, share: 0.1, fall: 0.2 },
      { stage: "b", gain: 1, share: 0.1, fall: -0.5 },
    ]);

    expect(factors.b).toBeCloseTo(0.1 * 0.1, 12);
  });

  test("is nothing where every stage lost, or diverged", () => {
    const before = { factors: { a: 3 }, utilities: { a: 2 } };

    const after = learnt(before, [
      { stage: "a", gain: 1, share: 0.1, fall: -1 },
      { stage: "b", gain: 1, share: 0.1, fall: Number.NEGATIVE_INFINITY },
    ]);

    expect(after).toEqual(before);
  });
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
