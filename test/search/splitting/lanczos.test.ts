import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Extremes, lanczosExtremes } from "../../../search/splitting/lanczos.ts";
import { tridiagonalEigen } from "../../../search/splitting/tridiagonal.ts";
import { seededRandom } from "../../../src/random.ts";
import { denseEigen } from "../../support/reference/eigen.ts";

type Matrix = readonly (readonly number[])[];

const image = (matrix: Matrix, v: Float64Array): Float64Array =>
  Float64Array.from(matrix, (row) => row.reduce((sum, entry, k) => sum + entry * (v[k] ?? 0), 0));

const extremes = (matrices: readonly Matrix[], steps: number): Promise<readonly Extremes[]> =>
  lanczosExtremes(
    async (vectors) => vectors.map((v, i) => image(matrices[i] ?? [], v)),
    matrices.map(({ length }) => length),
    { steps, random: seededRandom(3) },
  );

function randomSymmetric(size: number, seed: number): Matrix {
  const random = seededRandom(seed);
  const entries = Array.from({ length: size }, () =>
    Array.from({ length: size }, () => random.normal()),
  );
  return entries.map((row, i) => row.map((entry, j) => (entry + (entries[j]?.[i] ?? 0)) / 2));
}

/** Sum of weight v v'. */
const weightedOuter = (vectors: readonly Float64Array[], weights: readonly number[]): Matrix =>
  vectors.map((_, a) =>
    vectors.map((_row, b) =>
      vectors.reduce((sum, v, i) => sum + (weights[i] ?? 0) * (v[a] ?? 0) * (v[b] ?? 0), 0),
    ),
  );

const distance = (one: Matrix, other: Matrix): number =>
  Math.max(
    ...one.flatMap((row, a) => row.map((entry, b) => Math.abs(entry - (other[a]?.[b] ?? 0)))),
  );

describe("eigenpairs of a tridiagonal matrix", () => {
  test("are those of the second difference, 2 - 2 cos(k pi / (n + 1))", () => {
    const { values } = tridiagonalEigen(new Array(7).fill(2), new Array(6).fill(-1));

    for (const [k, value] of values.entries())
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / 8), 13);
  });

  test("rebuild any matrix and are orthonormal", () => {
    const entry = fc.double({ min: -10, max: 10, noNaN: true });
    const entries = fc
      .integer({ min: 1, max: 12 })
      .chain((size) =>
        fc.tuple(
          fc.array(entry, { minLength: size, maxLength: size }),
          fc.array(fc.oneof(entry, fc.constant(0)), { minLength: size - 1, maxLength: size - 1 }),
        ),
      );
    fc.assert(
      fc.property(entries, ([diagonal, offDiagonal]) => {
        const { values, vectors } = tridiagonalEigen(diagonal, offDiagonal);
        const matrix = diagonal.map((entry, a) =>
          diagonal.map((_, b) => {
            const beside = Math.abs(a - b) === 1 ? offDiagonal[Math.min(a, b)] : 0;
            return (a === b ? entry : beside) ?? 0;
          }),
        );
        const identity = matrix.map((row, a) => row.map((_, b) => (a === b ? 1 : 0)));

        expect([...values].sort((a, b) => a - b)).toEqual(values);
        expect(distance(weightedOuter(vectors, values), matrix)).toBeLessThan(1e-12);
        expect(
          distance(
            weightedOuter(
              vectors,
              vectors.map(() => 1),
            ),
            identity,
          ),
        ).toBeLessThan(1e-12);
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});

describe("batched Lanczos", () => {
  test("finds both ends to 1e-8 with as many steps as dimensions, whatever the dimensions beside it", async () => {
    const matrices = [2, 5, 9, 16].map((size) => randomSymmetric(size, size));

    const found = await extremes(matrices, 16);

    for (const [i, matrix] of matrices.entries()) {
      const { values, vectors } = denseEigen(matrix);
      const { lambdaMin, lambdaMax, vMin, vMax } = found[i] as Extremes;
      const cosine = (a: Float64Array, b: readonly number[] = []) =>
        Math.abs(a.reduce((sum, entry, k) => sum + entry * (b[k] ?? 0), 0));
      expect(lambdaMin).toBeCloseTo(values[0] ?? 0, 8);
      expect(lambdaMax).toBeCloseTo(values.at(-1) ?? 0, 8);
      expect(cosine(vMin, vectors[0])).toBeCloseTo(1, 8);
      expect(cosine(vMax, vectors.at(-1))).toBeCloseTo(1, 8);
    }
  });

  test("approaches the ends from inside with fewer steps", async () => {
    const matrix = randomSymmetric(40, 4);
    const { values } = denseEigen(matrix);
    const least = values[0] ?? 0;

    const few = (await extremes([matrix], 8))[0]?.lambdaMin ?? 0;
    const more = (await extremes([matrix], 20))[0]?.lambdaMin ?? 0;

    expect(few).toBeGreaterThan(least - 1e-12);
    expect(more).toBeLessThan(few);
    expect(more / least).toBeGreaterThan(0.999);
  });

  test("reports index 0 for a matrix of zeros and stops multiplying it", async () => {
    const zero = Array.from({ length: 6 }, () => new Array<number>(6).fill(0));

    const [found] = await extremes([zero], 6);

    expect(found?.lambdaMin).toBe(0);
    expect(found?.lambdaMax).toBe(0);
    expect(Math.hypot(...(found?.vMin ?? []))).toBeCloseTo(1, 12);
  });

  test("is exact when the Krylov space is exhausted early", async () => {
    const rankOne = [3, -1, 2, 0.5].map((a) => [3, -1, 2, 0.5].map((b) => -a * b));

    const [found] = await extremes([rankOne], 4);

    expect(found?.lambdaMin).toBeCloseTo(-14.25, 10);
    expect(found?.lambdaMax).toBeCloseTo(0, 10);
  });

  test("refuses matrices that are not finite", async () => {
    await expect(extremes([[[Number.NaN]]], 1)).rejects.toThrow("not finite");
  });
});
