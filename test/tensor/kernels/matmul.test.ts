import fc from "fast-check";
import { describe, test } from "vitest";
import { tf } from "../../../src/tensor/index.ts";
import { expectSame, floats, forAll, useEngines, withGradients } from "../compare.ts";

useEngines();

const product = fc.record({
  batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  rows: fc.integer({ min: 1, max: 5 }),
  inner: fc.integer({ min: 1, max: 5 }),
  columns: fc.integer({ min: 1, max: 5 }),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
});

describe("matrix products", () => {
  test("matMul and its gradients agree with tfjs-cpu with every transposition and batch shape", () =>
    forAll(
      product,
      ({ batch, rows, inner, columns, transposeA, transposeB }) =>
        expectSame({
          fn: withGradients((a, b) => tf.matMul(a, b, transposeA, transposeB)),
          inputs: {
            a: floats(...batch, ...(transposeA ? [inner, rows] : [rows, inner])),
            b: floats(...batch, ...(transposeB ? [columns, inner] : [inner, columns])),
          },
        }),
      30,
    ));

  test("a dense layer on images pooled to vectors agrees with tfjs-cpu", () =>
    expectSame({
      fn: withGradients((x, c, w, b) => {
        const h = tf.conv2d(x as tf.Tensor4D, c as tf.Tensor4D, 1, "same");
        return tf.add(tf.matMul(tf.mean(h, [1, 2]) as tf.Tensor2D, w as tf.Tensor2D), b);
      }),
      inputs: { x: floats(3, 4, 4, 2), c: floats(3, 3, 2, 5), w: floats(5, 4), b: floats(4) },
    }));
});
