import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  factorSymmetric,
  leastSquares,
  nonNegativeLeastSquares,
  residualsOf,
} from "../../../energy-db/answers/least-squares.ts";

const number = fc.double({ min: -10, max: 10, noNaN: true });
const rows = fc.array(fc.tuple(number, number, number), { minLength: 6, maxLength: 12 });

describe("factorSymmetric", () => {
  test("solves the 3 x 3 example of the Cholesky article in Wikipedia", () => {
    // A = L Lᵀ with L = [2 0 0; 6 1 0; -8 5 3]; A (1, 2, 3) = (-20, -43, 192).
    const matrix = [
      [4, 12, -16],
      [12, 37, -43],
      [-16, -43, 98],
    ];

    expect(factorSymmetric(matrix)?.solve([-20, -43, 192])).toEqual([1, 2, 3]);
  });

  test("refuses a matrix that is not positive definite", () => {
    expect(
      factorSymmetric([
        [1, 2],
        [2, 1],
      ]),
    ).toBeUndefined();
  });
});

describe("leastSquares", () => {
  test("recovers a line through its points", () => {
    const xs = [0, 1, 2, 5];

    const [intercept, slope] =
      leastSquares(
        xs.map((x) => [1, x]),
        xs.map((x) => 3 + 2 * x),
      ) ?? [];

    expect(intercept).toBeCloseTo(3, 10);
    expect(slope).toBeCloseTo(2, 10);
  });

  test("refuses dependent columns", () => {
    expect(
      leastSquares(
        [
          [1, 2],
          [2, 4],
          [3, 6],
        ],
        [1, 2, 3],
      ),
    ).toBeUndefined();
  });
});

describe("nonNegativeLeastSquares", () => {
  test("ends on nearly dependent columns", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 8, maxLength: 20 }), (noise) => {
        const features = noise.map((value, i) => {
          const x = (i + 1) / noise.length;
          return [1, x * x, x, x + 1e-9 * value, 0, i % 2, (i % 2) * x, (i % 2) * x * x];
        });

        const coefficients = nonNegativeLeastSquares(features, noise);

        return coefficients.every((value) => value >= 0);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test("meets the optimality conditions: no negative coefficient, no descent left", () => {
    fc.assert(
      fc.property(rows, fc.array(number, { minLength: 12, maxLength: 12 }), (features, targets) => {
        const coefficients = nonNegativeLeastSquares(features, targets);
        const residuals = residualsOf(features, targets, coefficients);

        // Karush-Kuhn-Tucker: the gradient along every column is zero where it is used, else not positive.
        return coefficients.every((value, c) => {
          const gradient = features.reduce(
            (sum, row, i) => sum + (row[c] ?? 0) * (residuals[i] ?? 0),
            0,
          );
          return value >= 0 && gradient < 1e-6 && (value === 0 || Math.abs(gradient) < 1e-6);
        });
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
