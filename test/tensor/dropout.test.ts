import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/random.ts";
import { createEngine, type TensorFunction, type TensorValue, tf } from "../../src/tensor/index.ts";
import { dropoutMask } from "../../src/training/dropout.ts";
import { floats, forAll } from "./compare.ts";

const shape = [16, 8, 8, 20];

/** The values behind a convolution that dropout leaves, and the gradient of their sum. */
const dropped: TensorFunction = ({ x, w, mask }) => {
  const left = (input: tf.Tensor): tf.Tensor =>
    tf.mul(tf.conv2d(input as tf.Tensor4D, w as tf.Tensor4D, 1, "same"), mask as tf.Tensor);
  const grad = tf.grad((input: tf.Tensor) => tf.sum(left(input)))(x as tf.Tensor);
  return { y: left(x as tf.Tensor), grad };
};

const ones = (...shape: number[]): TensorValue => ({
  ...floats(...shape),
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1),
});

describe("dropout", () => {
  test.each(["onnx-cpu", "tfjs-cpu"] as const)(
    "drops other values with every mask given, and the same ones again with the same mask, on %s",
    async (backend) => {
      const engine = await createEngine({ backend, threads: 1 });
      const inputs = { x: floats(16, 8, 8, 1), w: floats(1, 1, 1, 20), mask: floats(...shape) };
      const program = await engine.compile("dropout", dropped, inputs);
      const given = { x: ones(16, 8, 8, 1), w: ones(1, 1, 1, 20) };
      const [one, other] = [1, 2].map((seed) => dropoutMask(seededRandom(seed), shape, 0.3)) as [
        TensorValue,
        TensorValue,
      ];

      const first = await program.run({ ...given, mask: one });
      const second = await program.run({ ...given, mask: other });
      const third = await program.run({ ...given, mask: one });

      // With ones everywhere what is left is the mask itself, and a pixel's gradient the sum over its channels.
      expect(first.y?.data).toEqual(one.data);
      expect(second.y?.data).toEqual(other.data);
      expect(third.y?.data).toEqual(first.y?.data);
      const kept = Array.from(one.data);
      for (let pixel = 0; pixel < 16 * 8 * 8; pixel++) {
        const sum = kept.slice(pixel * 20, (pixel + 1) * 20).reduce((a, b) => a + b);
        expect(Number(first.grad?.data[pixel])).toBeCloseTo(sum, 3);
      }
      await engine.close();
    },
  );

  test("keeps the mean: the share dropped is the rate, the rest is scaled up", () =>
    forAll(
      fc.record({ rate: fc.constantFrom(0, 0.1, 0.5, 0.9), seed: fc.integer() }),
      async ({ rate, seed }) => {
        const data = dropoutMask(seededRandom(seed), [100, 1, 100], rate).data as Float32Array;
        const left = data.filter((value) => value !== 0);

        expect(new Set(left)).toEqual(new Set([Math.fround(1 / (1 - rate))]));
        // Six deviations of a binomial share of 10,000 draws.
        const bound = 6 * Math.sqrt((rate * (1 - rate)) / 10_000);
        expect(Math.abs(1 - left.length / data.length - rate)).toBeLessThanOrEqual(bound);
      },
    ));

  test("refuses a rate at which nothing is left", () => {
    expect(() => dropoutMask(seededRandom(1), [1], 1)).toThrow("not in [0, 1)");
  });
});
