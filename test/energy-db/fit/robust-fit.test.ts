import fc from "fast-check";
import { fcnnlsVector } from "ml-fcnnls";
import { Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { nonNegativeMinimum } from "../../../energy-db/fit/non-negative.ts";
import { type Row, robustFit } from "../../../energy-db/fit/robust-fit.ts";
import { seededRandom } from "../../../src/random.ts";

const rowsOf = (features: readonly (readonly number[])[], targets: readonly number[]): Row[] =>
  features.map((values, i) => ({
    columns: values.map((_, column) => column),
    values,
    target: targets[i] ?? 0,
    sd: 1,
  }));

describe("a robust fit", () => {
  test("solves the example of Lawson and Hanson's routine in MATLAB's documentation of lsqnonneg", () => {
    // https://www.mathworks.com/help/matlab/ref/lsqnonneg.html: x = [0; 0.6929], where residuals stay below the Huber border.
    const features = [
      [0.0372, 0.2869],
      [0.6861, Number("0.7071")],
      [0.6233, 0.6245],
      [0.6344, 0.617],
    ];
    const { coefficients } = robustFit(rowsOf(features, [0.8587, 0.1781, 0.0747, 0.8405]), 2);

    expect(coefficients[0]).toBe(0);
    expect(coefficients[1]).toBeCloseTo(0.6929, 3);
  });

  test("recovers coefficients of at least zero from rows of a few columns each", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const random = seededRandom(seed);
        const truth = Array.from({ length: 12 }, () =>
          random.uniform() < 0.3 ? 0 : 3 * random.uniform(),
        );
        const rows = Array.from({ length: 120 }, (): Row => {
          const columns = [...new Set([0, 1, 2].map(() => random.below(12)))];
          const values = columns.map(() => 0.1 + random.uniform());
          const target = columns.reduce((sum, c, i) => sum + (values[i] ?? 0) * (truth[c] ?? 0), 0);
          return { columns, values, target, sd: 0.01 };
        });
        const { coefficients } = robustFit(rows, 12);
        for (const [column, value] of truth.entries())
          expect(coefficients[column]).toBeCloseTo(value, 3);
      }),
      { numRuns: 30 },
    );
  });

  test("is not moved by a few rows that were disturbed", () => {
    const random = seededRandom(4);
    const rows = Array.from({ length: 100 }, (_, i): Row => {
      const x = 1 + random.uniform();
      const disturbed = i % 10 === 0 ? 2 : 1;
      return { columns: [0], values: [x], target: 5 * x * disturbed, sd: 0.05 };
    });

    expect(robustFit(rows, 1).coefficients[0]).toBeCloseTo(5, 1);
  });

  test("says how sure its coefficients are: the inverse of the information of the rows", () => {
    const rows = Array.from(
      { length: 25 },
      (): Row => ({ columns: [0], values: [2], target: 6, sd: 0.5 }),
    );

    // sd² / (n x²)
    expect(robustFit(rows, 1).covariance.get(0, 0)).toBeCloseTo(0.25 / 100, 6);
  });

  test("without some rows is the fit of the others", () => {
    const rows = [1, 2, 3, 4].map(
      (x): Row => ({ columns: [0], values: [x], target: 2 * x, sd: 1 }),
    );
    const odd: Row = { columns: [0], values: [1], target: 3, sd: 1 };

    expect(robustFit([...rows, odd], 1).without([4])[0]).toBeCloseTo(2, 5);
  });
});

test("the minimum with nothing negative is that of ml-fcnnls, wherever the search for it starts", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.integer({ min: 1, max: 25 }),
      (seed, columns) => {
        const random = seededRandom(seed);
        const features = Array.from({ length: columns + 3 }, () =>
          // Like widths: alike enough that many coefficients end at zero.
          Array.from({ length: columns }, () => 1 + 0.3 * random.normal()),
        );
        const targets = features.map(() => 2 + random.normal());
        const transposed = new Matrix(features).transpose();
        const gram = Float64Array.from(transposed.mmul(transposed.transpose()).to1DArray());
        const right = Float64Array.from(transposed.mmul(Matrix.columnVector(targets)).to1DArray());
        const start = [...right.keys()].filter(() => random.uniform() < 0.5);

        const found = nonNegativeMinimum({ gram, right }, start);

        const { K } = fcnnlsVector(features, targets, { gradientTolerance: 1e-9 });
        for (const [i, value] of found.entries()) expect(value).toBeCloseTo(K.get(i, 0), 5);
      },
    ),
    { numRuns: 50 },
  );
});
