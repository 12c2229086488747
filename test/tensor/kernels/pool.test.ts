import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withRightGradients } from "../../../src/tensor/gradients.ts";
import { targetFor, tf, traceGraph } from "../../../src/tensor/index.ts";
import {
  expectSame,
  floats,
  forAll,
  randomValues,
  relativeError,
  runGraph,
  useEngines,
  withGradients,
} from "../compare.ts";

useEngines();

const pooling = fc.record({
  shape: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 3, max: 9 }),
    fc.integer({ min: 3, max: 9 }),
    fc.integer({ min: 1, max: 4 }),
  ),
  size: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  pad: fc.constantFrom("same" as const, "valid" as const),
});

describe("pooling", () => {
  test("max pooling and its gradient agree with tfjs-cpu over shapes, strides and paddings", () =>
    forAll(
      pooling,
      ({ shape, size, stride, pad }) =>
        expectSame({
          fn: withGradients((x) => tf.maxPool(x as tf.Tensor4D, size, stride, pad)),
          inputs: { x: floats(...shape) },
        }),
      30,
    ));

  test("average pooling and its gradient agree with tfjs-cpu over shapes, strides and paddings", () =>
    forAll(
      pooling,
      ({ shape, size, stride, pad }) =>
        expectSame({
          fn: withGradients((x) => tf.avgPool(x as tf.Tensor4D, size, stride, pad)),
          inputs: { x: floats(...shape) },
        }),
      30,
    ));

  test("without places of maxima the gradient of max pooling is the same, ties included", () =>
    forAll(pooling, async ({ shape, size, stride, pad }) => {
      const inputs = { x: floats(...shape) };
      const fn = withGradients((x) => tf.maxPool(tf.relu(x) as tf.Tensor4D, size, stride, pad));
      const values = randomValues({ fn, inputs });

      const told = await runGraph(traceGraph("told", fn, inputs), values);
      const untold = await runGraph(
        traceGraph("untold", fn, inputs, { target: targetFor("webgpu") }),
        values,
      );

      for (const [i, expected] of told.entries())
        expect(relativeError(untold[i] ?? [], expected)).toBeLessThan(1e-5);
    }));

  test("among equal maxima the first one gets the gradient, as in tfjs", () =>
    expectSame({
      fn: withGradients((x) => tf.maxPool(tf.relu(tf.sub(x, 1)) as tf.Tensor4D, 2, 2, "valid")),
      inputs: { x: floats(2, 6, 6, 3) },
    }));

  test("the gradient of average pooling at padded borders is the slope of its value", () => {
    const weights = tf.tensor4d([1, -2, 3, 0.5], [1, 2, 2, 1]);
    const loss = (x: tf.Tensor): tf.Scalar =>
      tf.sum(tf.mul(tf.avgPool(x as tf.Tensor4D, 2, 2, "same"), weights));
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);

    const gradient = withRightGradients(() => tf.grad(loss)(x)).dataSync();

    // Average pooling is linear: the slope along a pixel is the loss of that pixel alone.
    const slopes = Array.from(
      { length: 9 },
      (_, i) =>
        loss(
          tf.tensor4d(
            Array.from({ length: 9 }, (_, j) => Number(i === j)),
            [1, 3, 3, 1],
          ),
        ).dataSync()[0],
    );
    expect(Array.from(gradient)).toEqual(slopes);
  });

  test("global average pooling is a mean over positions", () =>
    expectSame({
      fn: withGradients((x) => tf.mean(x, [1, 2])),
      inputs: { x: floats(3, 4, 5, 2) },
    }));
});
