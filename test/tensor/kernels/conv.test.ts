import fc from "fast-check";
import { describe, test } from "vitest";
import { tf } from "../../../src/tensor/index.ts";
import { expectSame, floats, forAll, useEngines, withGradients } from "../compare.ts";

useEngines();

const convolution = fc.record({
  batch: fc.integer({ min: 1, max: 5 }),
  height: fc.integer({ min: 3, max: 10 }),
  width: fc.integer({ min: 3, max: 10 }),
  channels: fc.constantFrom(1, 2, 3, 9, 65),
  out: fc.integer({ min: 1, max: 6 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  pad: fc.constantFrom("same" as const, "valid" as const),
});

describe("convolutions", () => {
  test("conv2d and both its gradients agree with tfjs-cpu over shapes, strides and paddings", () =>
    forAll(
      convolution,
      ({ batch, height, width, channels, out, kernel, stride, pad }) =>
        expectSame({
          fn: withGradients((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad)),
          inputs: {
            x: floats(batch, height, width, channels),
            w: floats(kernel, kernel, channels, out),
          },
        }),
      40,
    ));

  test("depthwise conv2d and both its gradients agree with tfjs-cpu over shapes, strides and paddings", () =>
    forAll(
      convolution,
      ({ batch, height, width, channels, kernel, stride, pad }) =>
        expectSame({
          fn: withGradients((x, w) =>
            tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad),
          ),
          inputs: {
            x: floats(batch, height, width, channels),
            w: floats(kernel, kernel, channels, 1),
          },
        }),
      40,
    ));

  test("a depthwise convolution may multiply channels", () =>
    expectSame({
      fn: withGradients((x, w) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "same"),
      ),
      inputs: { x: floats(2, 7, 6, 3), w: floats(3, 3, 3, 2) },
    }));

  test("windows need not be square, and padding may be given pixel by pixel", () =>
    expectSame({
      fn: withGradients((x, w) =>
        tf.conv2d(
          x as tf.Tensor4D,
          w as tf.Tensor4D,
          [1, 2],
          [
            [0, 0],
            [1, 0],
            [2, 1],
            [0, 0],
          ],
        ),
      ),
      inputs: { x: floats(2, 8, 7, 3), w: floats(2, 3, 3, 4) },
    }));

  test("dilated convolutions agree with tfjs-cpu", () =>
    expectSame({
      fn: ({ x, w }) => ({
        y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same", "NHWC", 2),
        z: tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "valid", "NHWC", 2),
      }),
      inputs: { x: floats(2, 8, 7, 3), w: floats(3, 3, 3, 1) },
    }));

  test("the transposed convolution and its gradients agree with tfjs-cpu", () =>
    expectSame({
      fn: withGradients((y, w) =>
        tf.conv2dTranspose(y as tf.Tensor4D, w as tf.Tensor4D, [2, 8, 8, 3], 2, "same"),
      ),
      inputs: { y: floats(2, 4, 4, 5), w: floats(3, 3, 3, 5) },
    }));

  test("a chain of convolution, batch norm and activation agrees in all gradients", () =>
    expectSame({
      fn: withGradients((x, w, d, scale, shift) => {
        const h = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
        const { mean, variance } = tf.moments(h, [0, 1, 2]);
        const n = tf.batchNorm(
          h,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
          shift as tf.Tensor1D,
          scale as tf.Tensor1D,
        );
        return tf.depthwiseConv2d(tf.relu6(n) as tf.Tensor4D, d as tf.Tensor4D, 2, "same");
      }),
      inputs: {
        x: floats(3, 6, 6, 3),
        w: floats(1, 1, 3, 4),
        d: floats(3, 3, 4, 1),
        scale: floats(4),
        shift: floats(4),
      },
    }));
});
