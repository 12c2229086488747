import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { solveSelection } from "../../../search/selection/solve.ts";
import { bruteForce, gainOf, isAllowed, type ProblemShape, randomProblem } from "./problems.ts";

const shape = (quantities: number) =>
  fc.record({
    seed: fc.nat(),
    sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
    quantities: fc.constant(quantities),
    fraction: fc.double({ min: -0.3, max: 1, noNaN: true }),
    forbidden: fc.constantFrom(0, 0, 0.2),
  });

/** Every pair that is not neighbours anyway may be tied. */
const tied = (quantities: number) =>
  shape(quantities).chain((plain) => {
    const pairs = plain.sizes.flatMap((_, a) =>
      plain.sizes.flatMap((_, b) => (b > a + 1 ? [[a, b] as const] : [])),
    );
    return fc.subarray(pairs).map((ties): ProblemShape => ({ ...plain, ties }));
  });

function expectOptimum(shape: ProblemShape): void {
  const problem = randomProblem(shape);
  const best = bruteForce(problem);

  const { choice, bound, isProved } = solveSelection(problem);

  expect(isProved).toBe(true);
  expect(choice !== undefined).toBe(best > Number.NEGATIVE_INFINITY);
  if (!choice) return;
  expect(isAllowed(problem, [...choice.levels])).toBe(true);
  expect(choice.gain).toBeCloseTo(gainOf(problem, [...choice.levels]), 12);
  expect(choice.gain).toBeCloseTo(best, 11);
  expect(bound).toBe(choice.gain);
}

describe.each([1, 2, 3])("under %i limits", (quantities) => {
  test("the choice on a chain is the optimum that brute force finds", () => {
    fc.assert(fc.property(shape(quantities), expectOptimum), { numRuns: 150, seed: quantities });
  });

  test("with groups tied to several places it is the optimum too", () => {
    fc.assert(fc.property(tied(quantities), expectOptimum), { numRuns: 100, seed: quantities });
  });

  test("a beam too narrow for a proof still bounds what it missed", () => {
    const gaps: number[] = [];
    fc.assert(
      fc.property(shape(quantities), (plain) => {
        const problem = randomProblem(plain);
        const best = bruteForce(problem);

        const { choice, bound, relaxedBound } = solveSelection(problem, { beamWidths: [1] });

        expect(bound).toBeGreaterThanOrEqual(best);
        expect(relaxedBound).toBeGreaterThanOrEqual(bound);
        if (!choice) return;
        expect(choice.gain).toBeLessThanOrEqual(best + 1e-11);
        expect(isAllowed(problem, [...choice.levels])).toBe(true);
        gaps.push(bound - choice.gain);
      }),
      { numRuns: 100, seed: quantities },
    );
    expect(gaps.some((gap) => gap > 1e-9)).toBe(true);
  });
});

// Two layers: gains 5, 3, 1, -0.5 at cost 2 and 4, 2 at cost 1, two splits at most in each.
test.each([
  { budget: 4, levels: [1, 2], gain: 11, relaxed: 11 },
  // The linear programme takes half of the second split of the first layer; thresholded it keeps 11.
  { budget: 5, levels: [2, 1], gain: 12, relaxed: 12.5 },
])("a knapsack of budget $budget gains $gain, the linear programme $relaxed", (expected) => {
  const { choice, bound, relaxedBound } = solveSelection({
    gains: [Float64Array.of(0, 5, 8), Float64Array.of(0, 4, 6)],
    present: [0, 0],
    terms: [2, 1].map((cost, layer) => ({
      variables: [layer],
      costs: ([level = 0]: readonly number[]) => Float64Array.of(cost * level),
    })),
    constant: Float64Array.of(0),
    limits: Float64Array.of(expected.budget),
    conditions: [],
  });

  expect([...(choice?.levels ?? [])]).toEqual(expected.levels);
  expect(bound).toBe(expected.gain);
  expect(relaxedBound).toBeCloseTo(expected.relaxed, 9);
});

test("a limit that everything meets takes every gain, at no price", () => {
  const problem = randomProblem({ seed: 4, sizes: [5, 6, 4], quantities: 2, fraction: 1 });
  const open = { ...problem, limits: problem.limits.map(() => 1e9) };

  const { choice, prices } = solveSelection(open);

  const most = open.gains.reduce((sum, gains) => sum + Math.max(...gains), 0);
  expect(choice?.gain).toBeCloseTo(most, 12);
  expect([...prices]).toEqual([0, 0]);
});

test("limits below every combination give no choice but the least costs", () => {
  const problem = randomProblem({ seed: 5, sizes: [3, 3], quantities: 1, fraction: 0.5 });

  const { choice, isProved, leastCosts } = solveSelection({
    ...problem,
    limits: Float64Array.of(0.5),
  });

  expect(choice).toBeUndefined();
  expect(isProved).toBe(true);
  expect(leastCosts[0]).toBeGreaterThan(0.5);
});

test("a present choice over its limit is left where a wider one is cheaper", () => {
  const problem = {
    gains: [Float64Array.of(0, 1, 2)],
    present: [0],
    terms: [
      {
        variables: [0],
        costs: ([level = 0]: readonly number[]) => Float64Array.of([5, 3, 6][level] ?? 0),
      },
    ],
    constant: Float64Array.of(0),
    limits: Float64Array.of(4),
    conditions: [],
  };

  expect([...(solveSelection(problem).choice?.levels ?? [])]).toEqual([1]);
});

test("a condition that no choice changes can forbid everything", () => {
  const problem = randomProblem({ seed: 6, sizes: [3, 3], quantities: 1, fraction: 1 });
  const never = { variables: [], holds: () => false };

  const { choice, isProved } = solveSelection({ ...problem, conditions: [never] });

  expect({ choice, isProved }).toEqual({ choice: undefined, isProved: true });
});

test("energy that is time times a power is one limit with latency: the tighter decides", () => {
  fc.assert(
    fc.property(shape(1), fc.double({ min: 0.7, max: 1.4, noNaN: true }), (plain, tighter) => {
      const problem = randomProblem(plain);
      const power_w = 7.3;
      const both = {
        ...problem,
        terms: problem.terms.map(({ variables, costs }) => ({
          variables,
          costs: (levels: readonly number[]) => {
            const [latency = 0] = costs(levels);
            return Float64Array.of(latency, power_w * latency);
          },
        })),
        constant: Float64Array.of(1, power_w),
        limits: Float64Array.of(
          problem.limits[0] ?? 0,
          power_w * tighter * (problem.limits[0] ?? 0),
        ),
      };
      const alone = { ...problem, limits: problem.limits.map((l) => Math.min(1, tighter) * l) };

      const { choice, prices } = solveSelection(both);

      expect(choice?.gain).toBe(solveSelection(alone).choice?.gain);
      expect(prices[1]).toBe(0);
    }),
    { numRuns: 60, seed: 9 },
  );
});
