import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  copiesOf,
  quadraticForm,
  type SplitType,
  splitTypeNames,
  splitTypes,
} from "../../../search/splitting/split-types.ts";
import { seededRandom } from "../../../src/random.ts";
import { denseEigen } from "../../support/reference/eigen.ts";

/** A random symmetric matrix and its spectrum. */
function symmetric(dimension: number, seed: number) {
  const random = seededRandom(seed);
  const half = Array.from({ length: dimension }, () =>
    Array.from({ length: dimension }, () => random.normal()),
  );
  const matrix = half.map((row, i) => row.map((entry, j) => entry + (half[j]?.[i] ?? 0)));
  const { values, vectors } = denseEigen(matrix);
  const last = values.length - 1;
  return {
    matrix,
    values: { least: values[0] ?? 0, greatest: values[last] ?? 0 },
    ends: { least: vectors[0] ?? [], greatest: vectors[last] ?? [] },
  };
}

const form = (matrix: readonly (readonly number[])[], d: readonly number[]): number =>
  matrix.reduce(
    (sum, row, i) => sum + (d[i] ?? 0) * row.reduce((s, entry, j) => s + entry * (d[j] ?? 0), 0),
    0,
  );
const length = (d: readonly number[]) => Math.sqrt(d.reduce((sum, entry) => sum + entry ** 2, 0));

describe.each(splitTypeNames)("the %s", (type) => {
  const cases = fc.record({
    dimension: fc.integer({ min: 2, max: 6 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
    c: fc.double({ min: 1.1, max: 6, noNaN: true }),
  });

  test("has weights of sum 1 and absolute sum c at most, displacements of weighted sum 0 within the step", () => {
    fc.assert(
      fc.property(cases, ({ dimension, seed, c }) => {
        const copies = copiesOf(type, symmetric(dimension, seed).ends, c);

        const sum = (of: (copy: (typeof copies)[number]) => number) =>
          copies.reduce((total, copy) => total + of(copy), 0);
        expect(copies).toHaveLength(splitTypes[type]);
        expect(sum(({ weight }) => weight)).toBeCloseTo(1, 9);
        expect(sum(({ weight }) => Math.abs(weight))).toBeLessThanOrEqual(Math.max(1, c) + 1e-9);
        for (let k = 0; k < dimension; k++)
          expect(sum(({ weight, displacement }) => weight * (displacement[k] ?? 0))).toBeCloseTo(
            0,
            9,
          );
        for (const { displacement } of copies)
          expect(length(displacement)).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  test("has the form of the table in both ends of the spectrum", () => {
    fc.assert(
      fc.property(cases, ({ dimension, seed, c }) => {
        const { matrix, values, ends } = symmetric(dimension, seed);

        const direct = copiesOf(type, ends, c).reduce(
          (sum, { weight, displacement }) => sum + weight * form(matrix, displacement),
          0,
        );

        expect(direct).toBeCloseTo(quadraticForm(type, values, c), 6);
      }),
    );
  });
});

// Optima of 2, 3 and 4 copies searched by brute force at c = 3 (specification 1.3, its own table).
test.each([
  [-1, 0.5, [-1, -2, -2.499]],
  [-1, 2, [-1, -2.5, -3.999]],
  [-0.5, 1.5, [-0.75, -1.5, -2.5]],
  [0.2, 1, [-0.5, -1, -1]],
  [-1, -0.2, [-1, -2, -2]],
] as const)(
  "at eigenvalues %d and %d the best of two, three and four copies is the searched optimum",
  (least, greatest, optima) => {
    const best = (copies: number) =>
      Math.min(
        0,
        ...splitTypeNames
          .filter((type: SplitType) => splitTypes[type] <= copies)
          .map((type) => quadraticForm(type, { least, greatest }, 3)),
      );

    for (const [i, optimum] of optima.entries())
      expect(Math.abs(best(i + 2) - optimum)).toBeLessThan(2e-3);
  },
);
