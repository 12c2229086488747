import { describe, test } from "vitest";
import { tf } from "../../../src/tensor/index.ts";
import { expectSame, floats, ints, useEngines, withGradients } from "../compare.ts";

useEngines();

describe("kernels that stand for several others", () => {
  test.each(["linear", "relu", "relu6", "elu", "sigmoid"] as const)(
    "a fused convolution, depthwise or not, and a fused product with %s agree with tfjs-cpu",
    (activation) =>
      expectSame({
        fn: ({ x, w, d, bias, a, b }) => ({
          convolution: tf.fused.conv2d({
            x: x as tf.Tensor4D,
            filter: w as tf.Tensor4D,
            strides: 1,
            pad: "same",
            bias: bias as tf.Tensor,
            activation,
          }),
          depthwise: tf.fused.depthwiseConv2d({
            x: x as tf.Tensor4D,
            filter: d as tf.Tensor4D,
            strides: 1,
            pad: "same",
            activation,
          }),
          product: tf.fused.matMul({
            a: a as tf.Tensor,
            b: b as tf.Tensor,
            activation,
            transposeB: true,
          }),
        }),
        inputs: {
          x: floats(2, 5, 5, 3),
          w: floats(3, 3, 3, 4),
          d: floats(3, 3, 3, 1),
          bias: floats(4),
          a: floats(3, 5),
          b: floats(4, 5),
        },
      }),
  );

  test.each(["ij,jk->ik", "bij,bjk->bik", "ij->ji", "i,j->ij", "bhid,bhjd->bhij"])(
    "einsum %s agrees with tfjs-cpu",
    (equation) => {
      const sizes: Readonly<Record<string, number>> = { i: 2, j: 3, k: 4, b: 5, h: 2, d: 3 };
      const operands = (equation.split("->")[0] ?? "").split(",");
      const shapes = operands.map((axes) => [...axes].map((axis) => sizes[axis] ?? 1));
      return expectSame({
        fn: (inputs) => ({ y: tf.einsum(equation, ...(Object.values(inputs) as tf.Tensor[])) }),
        inputs: Object.fromEntries(shapes.map((shape, i) => [`x${i}`, floats(...shape)])),
      });
    },
  );

  test("products of batches that broadcast, and their gradients, agree with tfjs-cpu", async () => {
    for (const [a, b] of [
      [
        [4, 2, 3],
        [1, 3, 5],
      ],
      [
        [1, 2, 3],
        [4, 3, 5],
      ],
    ] as const)
      await expectSame({
        fn: withGradients((x, y) => tf.matMul(x, y)),
        inputs: { a: floats(...a), b: floats(...b) },
      });
  });
});

describe("kernels that resample, sort and place", () => {
  // Square: tfjs-cpu exchanges height and width in the shape of the gradient.
  test.each([
    { alignCorners: false, halfPixelCenters: false },
    { alignCorners: true, halfPixelCenters: false },
  ])("bilinear resizing and its gradient agree with tfjs-cpu: %o", (options) =>
    expectSame({
      fn: withGradients((x) =>
        tf.image.resizeBilinear(
          x as tf.Tensor4D,
          [7, 4],
          options.alignCorners,
          options.halfPixelCenters,
        ),
      ),
      inputs: { x: floats(2, 5, 5, 3) },
    }),
  );

  test("bilinear resizing with half pixel centres agrees with tfjs-cpu", () =>
    expectSame({
      fn: ({ x }) => ({ y: tf.image.resizeBilinear(x as tf.Tensor4D, [8, 3], false, true) }),
      inputs: { x: floats(2, 4, 6, 3) },
    }));

  test.each(["reflect", "symmetric"] as const)(
    "mirrored padding agrees with tfjs-cpu: %s",
    (mode) =>
      expectSame({
        fn: ({ x }) => ({
          y: tf.mirrorPad(
            x as tf.Tensor,
            [
              [0, 0],
              [1, 2],
              [2, 0],
              [0, 0],
            ],
            mode,
          ),
        }),
        inputs: { x: floats(2, 4, 5, 3) },
      }),
  );

  test("the largest values come sorted with their places", () =>
    expectSame({
      fn: ({ x, i }) => {
        const { values, indices } = tf.topk(x as tf.Tensor, 3);
        const equals = tf.topk(tf.cast(i as tf.Tensor, "float32"), 4);
        return { values, indices, places: equals.indices };
      },
      inputs: { x: floats(4, 7), i: ints(3, 9) },
    }));

  test("sparse values become dense, and points of a tensor are replaced", () =>
    expectSame({
      fn: ({ x, u }) => ({
        dense: tf.sparseToDense(
          tf.tensor2d(
            [
              [0, 1],
              [2, 3],
            ],
            [2, 2],
            "int32",
          ),
          tf.tensor1d([5, 7]),
          [3, 4],
          1,
        ),
        vector: tf.sparseToDense(tf.tensor1d([1, 3], "int32"), 2, [5]),
        placed: tf.tensorScatterUpdate(
          x as tf.Tensor,
          tf.tensor2d([[3], [1]], [2, 1], "int32"),
          u as tf.Tensor,
        ),
      }),
      inputs: { x: floats(4, 3), u: floats(2, 3) },
    }));
});

describe("arithmetic at the edges", () => {
  test("cumulative products agree with tfjs-cpu, exclusive and reversed too", () =>
    expectSame({
      fn: ({ x }) => ({
        plain: tf.cumprod(x as tf.Tensor, 1),
        exclusive: tf.cumprod(x as tf.Tensor, 1, true),
        reversed: tf.cumprod(x as tf.Tensor, 0, false, true),
        both: tf.cumprod(x as tf.Tensor, 1, true, true),
      }),
      inputs: { x: floats(3, 7) },
    }));

  test("remainders have the divisor's sign, of integers too", () =>
    expectSame({
      fn: ({ x, y, i, j }) => {
        const shifted = tf.sub(i as tf.Tensor, tf.scalar(7, "int32"));
        const divisor = tf.add(j as tf.Tensor, tf.scalar(1, "int32"));
        return {
          real: tf.mod(x as tf.Tensor, y as tf.Tensor),
          whole: tf.mod(shifted, divisor),
          negative: tf.mod(shifted, tf.neg(divisor)),
        };
      },
      inputs: { x: floats(20), y: floats(20), i: ints(20), j: ints(20) },
      bound: 15,
    }));

  test("what is no number and what is infinite is told as tfjs-cpu tells it", () =>
    expectSame({
      fn: ({ x }) => {
        const odd = tf.div(x as tf.Tensor, tf.relu(x as tf.Tensor));
        const infinite = tf.div(1, tf.relu(x as tf.Tensor));
        return {
          nan: tf.isNaN(tf.log(x as tf.Tensor)),
          finite: tf.isFinite(odd),
          inf: tf.isInf(infinite),
        };
      },
      inputs: { x: floats(30) },
    }));
});
