import fc from "fast-check";
import { inverse, Matrix } from "ml-matrix";
import { afterAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, tf } from "../../../src/tensor/index.ts";
import { Inverter } from "../../../src/training/kfac/inverse.ts";
import {
  factorScales,
  outerSum,
  preconditioned,
  softmaxFisher,
} from "../../../src/training/kfac/kfac.ts";

const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
const inverter = new Inverter(engine);
afterAll(async () => {
  await inverter.release();
  await engine.close();
});

function expectClose(found: ArrayLike<number>, expected: readonly number[], digits: number): void {
  for (const [i, entry] of expected.entries()) expect(found[i]).toBeCloseTo(entry, digits);
}

/** Sum of outer products of `rows` random vectors: symmetric, positive semidefinite. */
function products(size: number, rows: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const x = Matrix.from1DArray(
    rows,
    size,
    Array.from({ length: rows * size }, () => random.normal()),
  );
  return Float32Array.from(x.transpose().mmul(x).to1DArray());
}

describe("a damped inverse times what was inverted is the identity", () => {
  test.each([1, 32, 33, 129, 300, 513])("for %i rows", async (size) => {
    const data = products(size, size + 5, size);
    const damping = 0.1 * size;
    const found = await inverter.invert({ size, data }, { damping });

    const whole = Matrix.from1DArray(size, size, data).add(Matrix.eye(size, size, damping));
    const off = whole.mmul(Matrix.from1DArray(size, size, found.data)).sub(Matrix.eye(size));
    expect(Math.max(off.max(), -off.min())).toBeLessThan(2e-3);
  });

  test("for any small matrix, as ml-matrix inverts it in float64", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.nat(1e6), async (size, seed) => {
        const data = products(size, size, seed);
        const { data: found } = await inverter.invert({ size, data }, { scale: 0.5, damping: 1 });
        const exact = inverse(
          Matrix.from1DArray(size, size, data).mul(0.5).add(Matrix.eye(size)),
        ).to1DArray();
        expectClose(found, exact, 4);
      }),
      { numRuns: 30 },
    );
  });
});

test("softmax's Fisher is the expected outer product of the gradients p - y under the model itself", () => {
  const rows = [
    [0.7, 0.2, 0.1],
    [0.1, 0.1, 0.8],
  ];
  const expected = [0, 1, 2].flatMap((i) =>
    [0, 1, 2].map((j) =>
      rows.reduce((sum, p) => {
        const overLabels = p.reduce((inner, py, y) => {
          const gradient = p.map((pc, c) => pc - (c === y ? 1 : 0));
          return inner + py * (gradient[i] ?? 0) * (gradient[j] ?? 0);
        }, 0);
        return sum + overLabels / rows.length;
      }, 0),
    ),
  );
  const found = tf.tidy(() => softmaxFisher(tf.tensor2d(rows)).dataSync());

  expectClose(found, expected, 6);
});

describe("preconditioning", () => {
  const gradient = [
    [1, -2],
    [0.5, 3],
    [-1, 0.25],
  ];

  /** V^-1 G U^-1 by the code. */
  async function natural(v: Float32Array, u: Float32Array, damping: number): Promise<Float32Array> {
    const [left, right] = [
      await inverter.invert({ size: 3, data: v }, { damping }),
      await inverter.invert({ size: 2, data: u }, { damping }),
    ];
    return tf.tidy(
      () =>
        preconditioned(
          tf.tensor2d(gradient),
          tf.tensor2d(left.data, [3, 3]),
          tf.tensor2d(right.data, [2, 2]),
        ).dataSync() as Float32Array,
    );
  }

  test("is the exact solve with the Kronecker product of both factors", async () => {
    const [v, u, damping] = [products(3, 4, 1), products(2, 3, 2), 0.3];
    const damped = (data: Float32Array, size: number) =>
      Matrix.from1DArray(size, size, data).add(Matrix.eye(size, size, damping));
    // vec in row-major order: (V kron U) vec(P) = vec(G).
    const kronecker = damped(v, 3).kroneckerProduct(damped(u, 2));
    const exact = inverse(kronecker).mmul(Matrix.columnVector(gradient.flat())).to1DArray();

    const found = await natural(v, u, damping);
    expectClose(found, exact, 4);
  });

  test("by damping alone is the gradient, scaled", async () => {
    const found = await natural(products(3, 4, 1), products(2, 3, 2), 1e6);
    expectClose(
      found.map((entry) => entry * 1e12),
      gradient.flat(),
      3,
    );
  });
});

test("the released scaling divides sums over all rows by the examples counted; the statistical one takes means", () => {
  const of = { rows: 2708, counted: 140, width: 7 };

  expect(factorScales({ scaling: "code" }, of)).toEqual({
    inputs: 1 / 140,
    gradients: 49 / 140,
  });
  // A mean loss's gradient by an example is 1 / counted of that example's own.
  expect(factorScales({ scaling: "statistical" }, of)).toEqual({
    inputs: 1 / 2708,
    gradients: 140,
  });
});

test("a sum of outer products is symmetric and never negative along any direction", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.float({ min: -3, max: 3, noNaN: true }),
          fc.float({ min: -3, max: 3, noNaN: true }),
        ),
        { minLength: 1, maxLength: 8 },
      ),
      (rows) => {
        const [a = 0, b = 0, c = 0, d = 0] = tf.tidy(() => outerSum(tf.tensor2d(rows)).dataSync());
        expect(b).toBe(c);
        expect(a).toBeGreaterThanOrEqual(0);
        expect(a * d - b * c).toBeGreaterThanOrEqual(-1e-3 * (1 + a * d));
      },
    ),
  );
});
