import fc from "fast-check";
import { describe, test } from "vitest";
import { tf } from "../../../src/tensor/index.ts";
import { expectSame, floats, forAll, ints, useEngines, withGradients } from "../compare.ts";

useEngines();

const reductions: readonly (readonly [
  string,
  (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor,
])[] = [
  ["sum", (x, axes, keepDims) => tf.sum(x, axes, keepDims)],
  ["mean", (x, axes, keepDims) => tf.mean(x, axes, keepDims)],
  ["max", (x, axes, keepDims) => tf.max(x, axes, keepDims)],
  ["min", (x, axes, keepDims) => tf.min(x, axes, keepDims)],
];

const reduced = fc.integer({ min: 1, max: 4 }).chain((rank) =>
  fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: rank, maxLength: rank }),
    axes: fc.subarray(
      Array.from({ length: rank }, (_, axis) => axis),
      { minLength: 1 },
    ),
    keepDims: fc.boolean(),
  }),
);

describe("reductions", () => {
  test.each(reductions)("%s and its gradient agree with tfjs-cpu over shapes and axes", (_, fn) =>
    forAll(
      reduced,
      ({ shape, axes, keepDims }) =>
        expectSame({
          fn: withGradients((x) => fn(x, axes, keepDims)),
          inputs: { x: floats(...shape) },
        }),
      8,
    ),
  );

  test("products agree with tfjs-cpu over shapes and axes", () =>
    forAll(reduced, ({ shape, axes, keepDims }) =>
      expectSame({
        fn: ({ x }) => ({ y: tf.prod(x as tf.Tensor, axes, keepDims) }),
        inputs: { x: floats(...shape) },
      }),
    ));

  test("reductions of images in another layout agree with tfjs-cpu", () =>
    forAll(fc.subarray([0, 1, 2, 3], { minLength: 1 }), (axes) =>
      expectSame({
        fn: withGradients((x, w) =>
          tf.mean(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same"), axes),
        ),
        inputs: { x: floats(2, 5, 4, 3), w: floats(3, 3, 3, 2) },
      }),
    ));

  test("sums of integers and of truth values are integers", () =>
    expectSame({
      fn: ({ i, b }) => ({
        sum: tf.sum(i as tf.Tensor, 1),
        count: tf.sum(b as tf.Tensor),
        all: tf.all(b as tf.Tensor, 1),
        any: tf.any(b as tf.Tensor, 0),
        mean: tf.mean(i as tf.Tensor),
      }),
      inputs: { i: ints(3, 4), b: { shape: [3, 4], dtype: "bool" } },
    }));

  test("argMax and argMin agree with tfjs-cpu", () =>
    expectSame({
      fn: ({ x }) => ({
        max: tf.argMax(x as tf.Tensor, 1),
        min: tf.argMin(x as tf.Tensor, 0),
        last: tf.argMax(x as tf.Tensor, -1),
      }),
      inputs: { x: floats(3, 4, 5) },
    }));

  test("softmax and logSoftmax and their gradients agree with tfjs-cpu", () =>
    expectSame({
      fn: withGradients((x) => tf.add(tf.softmax(x), tf.logSoftmax(x))),
      inputs: { x: floats(4, 6) },
    }));

  test("cumulative sums agree with tfjs-cpu in both directions", () =>
    expectSame({
      fn: ({ x }) => ({
        plain: tf.cumsum(x as tf.Tensor, 1),
        reversed: tf.cumsum(x as tf.Tensor, 0, true, true),
      }),
      inputs: { x: floats(3, 4) },
    }));

  test("softmax cross-entropy and its gradient agree with tfjs-cpu", () =>
    expectSame({
      fn: ({ x, y }) => {
        const loss = (logits: tf.Tensor): tf.Scalar => {
          const target = tf.oneHot(y as tf.Tensor1D, 5);
          return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), target), 1)));
        };
        const { value, grad } = tf.valueAndGrad(loss)(x as tf.Tensor);
        return { value, grad };
      },
      inputs: { x: floats(6, 5), y: ints(6) },
    }));
});
