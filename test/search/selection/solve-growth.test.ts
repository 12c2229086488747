import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate, excess } from "../../../search/splitting/selection/growth-problem.ts";
import { solveGrowth } from "../../../search/splitting/selection/solve-growth.ts";
import { bruteForce, randomChain } from "./growth-problems.ts";

const chains = fc.record({
  seed: fc.nat(),
  sizes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  quantities: fc.integer({ min: 1, max: 3 }),
  fraction: fc.double({ min: 0, max: 1, noNaN: true }),
});
const runs = { numRuns: 100, seed: 1 };

describe("growth of chains with random costs in steps and with dips", () => {
  test("what is chosen always meets every limit", () => {
    fc.assert(
      fc.property(chains, (shape) => {
        const problem = randomChain(shape);

        const { growth } = solveGrowth(problem);

        expect(growth && excess(problem, growth.costs)).toBe(0);
      }),
      runs,
    );
  });

  test("no choice beats brute force, and no bound falls below it", () => {
    fc.assert(
      fc.property(chains, (shape) => {
        const problem = randomChain(shape);
        const best = bruteForce(problem)?.gain ?? Number.NaN;

        const { growth, bound } = solveGrowth(problem);

        expect(growth?.gain).toBeLessThanOrEqual(best + 1e-9);
        expect(bound).toBeGreaterThanOrEqual(best - 1e-9);
      }),
      runs,
    );
  });

  test.each([1, 2, 3])("under %i limits nearly every choice is the optimum", (quantities) => {
    const shapes = Array.from({ length: 30 }, (_, i) => ({
      seed: 100 * quantities + i,
      sizes: [5, 4, 6, 5, 3].slice(0, 2 + (i % 4)),
      quantities,
      fraction: (1 + (i % 8)) / 9,
    }));

    const ratios = shapes.map((shape) => {
      const problem = randomChain(shape);
      const best = bruteForce(problem)?.gain ?? Number.NaN;
      const gain = solveGrowth(problem).growth?.gain ?? Number.NaN;
      return best === gain ? 1 : gain / best;
    });

    expect(ratios.filter((ratio) => ratio < 0.95)).toHaveLength(0);
    expect(ratios.filter((ratio) => ratio > 1 - 1e-9).length).toBeGreaterThanOrEqual(28);
  });

  test("a limit that everything meets takes every gain", () => {
    const problem = randomChain({ seed: 4, sizes: [5, 6, 4], quantities: 2, fraction: 1 });
    const open = { ...problem, limits: problem.limits.map(() => 1e9) };

    const { growth, bound, multipliers } = solveGrowth(open);

    expect([...(growth?.levels ?? [])]).toEqual([4, 5, 3]);
    expect(bound).toBeCloseTo(growth?.gain ?? 0, 12);
    expect([...multipliers]).toEqual([0, 0]);
  });

  test("limits below every combination give no growth but the least costs", () => {
    const problem = randomChain({ seed: 5, sizes: [3, 3], quantities: 1, fraction: 0.5 });

    const { growth, leastCosts } = solveGrowth({ ...problem, limits: Float64Array.of(0.5) });

    expect(growth).toBeUndefined();
    expect(leastCosts[0]).toBeGreaterThan(0.5);
  });

  test("a present choice over its limit is left where a wider one is cheaper", () => {
    const problem = {
      gains: [Float64Array.of(0, 1, 2)],
      terms: [
        {
          variables: [0] as const,
          costs: (level: number) => Float64Array.of([5, 3, 6][level] ?? 0),
        },
      ],
      constant: Float64Array.of(0),
      limits: Float64Array.of(4),
    };

    const { growth } = solveGrowth(problem);

    expect([...(growth?.levels ?? [])]).toEqual([1]);
  });

  test("thinned tables lose little against full ones", () => {
    const shapes = Array.from({ length: 4 }, (_, seed) => ({
      seed,
      sizes: [40, 30, 35],
      quantities: 1 + (seed % 2),
      fraction: 0.3,
    }));

    for (const shape of shapes) {
      const problem = randomChain(shape);
      const full = solveGrowth(problem, { mostLevels: 50 });
      const thinned = solveGrowth(problem, { mostLevels: 16 });

      expect(full.complete).toBe(true);
      expect(thinned.complete).toBe(false);
      expect(thinned.growth?.gain).toBeLessThanOrEqual(full.bound + 1e-9);
      expect(thinned.growth?.gain).toBeGreaterThanOrEqual(0.95 * full.bound);
    }
  });

  test("costs coupled in a triangle, as on a residual ladder, are solved exactly too", () => {
    const chain = randomChain({ seed: 9, sizes: [5, 5, 5], quantities: 1, fraction: 0.4 });
    const rung = {
      variables: [0, 2] as const,
      costs: (a: number, b: number) => Float64Array.of((a + 2) * (b + 1)),
    };
    const open = { ...chain, terms: [...chain.terms, rung] };
    const present = evaluate(open, new Int32Array(3)).costs[0] ?? 0;
    const problem = { ...open, limits: Float64Array.of(1.6 * present) };

    const { growth, bound } = solveGrowth(problem);

    const best = bruteForce(problem)?.gain ?? Number.NaN;
    expect(growth?.gain).toBeCloseTo(best, 9);
    expect(bound).toBeGreaterThanOrEqual(best - 1e-9);
  });
});
