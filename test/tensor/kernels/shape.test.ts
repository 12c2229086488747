import fc from "fast-check";
import { describe, test } from "vitest";
import { tf } from "../../../src/tensor/index.ts";
import { expectSame, floats, forAll, useEngines, withGradients } from "../compare.ts";

useEngines();

const rank3 = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
);
const cut = fc.integer({ min: 1, max: 5 }).chain((length) =>
  fc.integer({ min: 0, max: length - 1 }).chain((begin) =>
    fc.record({
      length: fc.constant(length),
      begin: fc.constant(begin),
      size: fc.constantFrom(-1, 1, length - begin),
    }),
  ),
);

/** An image in the layout that convolutions leave it in. */
const convolved = (x: tf.Tensor, w: tf.Tensor): tf.Tensor4D =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
const image = { x: floats(2, 5, 4, 3), w: floats(3, 3, 3, 4) };

describe("kernels that move values", () => {
  test("reshape, expandDims and squeeze agree with tfjs-cpu", () =>
    forAll(rank3, (shape) =>
      expectSame({
        fn: withGradients((x) => tf.squeeze(tf.expandDims(tf.reshape(x, [-1]), 1))),
        inputs: { x: floats(...shape) },
      }),
    ));

  test("transpose and its gradient agree with tfjs-cpu in every order", () =>
    forAll(fc.tuple(rank3, fc.shuffledSubarray([0, 1, 2], { minLength: 3 })), ([shape, perm]) =>
      expectSame({
        fn: withGradients((x) => tf.mul(tf.transpose(x, perm), 2)),
        inputs: { x: floats(...shape) },
      }),
    ));

  test("pixels of windows as images and back, and their gradients, agree with tfjs-cpu", () =>
    expectSame({
      fn: withGradients((x) => {
        const taps = tf.spaceToBatchND(
          x as tf.Tensor4D,
          [2, 3],
          [
            [1, 0],
            [0, 2],
          ],
        );
        const [first, ...rest] = tf.split(taps, 6);
        const largest = rest.reduce((a, b) => tf.maximum(a, b), first as tf.Tensor);
        const back = tf.batchToSpaceND(
          tf.square(taps),
          [2, 3],
          [
            [1, 0],
            [0, 2],
          ],
        );
        return tf.concat([tf.reshape(largest, [-1]), tf.reshape(back, [-1])]);
      }),
      inputs: { x: floats(2, 5, 4, 3) },
    }));

  test("slice and its gradient agree with tfjs-cpu", () =>
    forAll(fc.tuple(cut, cut), (cuts) =>
      expectSame({
        fn: withGradients((x) =>
          tf.slice(
            x,
            cuts.map(({ begin }) => begin),
            cuts.map(({ size }) => size),
          ),
        ),
        inputs: { x: floats(...cuts.map(({ length }) => length)) },
      }),
    ));

  test("strided slices agree with tfjs-cpu, backwards and with shrunk axes too", () =>
    expectSame({
      fn: ({ x }) => ({
        forward: tf.stridedSlice(x as tf.Tensor, [0, 1], [5, 4], [2, 1]),
        backward: tf.stridedSlice(x as tf.Tensor, [4, 3], [-7, 0], [-2, -1]),
        row: tf.stridedSlice(x as tf.Tensor, [2, 0], [3, 4], [1, 1], 0, 0, 0, 0, 1),
      }),
      inputs: { x: floats(5, 4) },
    }));

  test("concat, stack, unstack and split and their gradients agree with tfjs-cpu along every axis", () =>
    forAll(
      fc.integer({ min: 0, max: 2 }),
      (axis) =>
        expectSame({
          fn: withGradients((a, b) => {
            const joined = tf.concat([a, b, a], axis);
            const [first, second] = tf.split(joined, [2, (joined.shape[axis] as number) - 2], axis);
            const stacked = tf.stack([a, b], axis);
            const parts = tf.unstack(stacked, axis);
            return tf.add(
              tf.sum(tf.mul(first as tf.Tensor, 2)),
              tf.add(
                tf.sum(second as tf.Tensor),
                tf.mul(parts[0] as tf.Tensor, parts[1] as tf.Tensor),
              ),
            );
          }),
          inputs: { a: floats(2, 2, 2), b: floats(2, 2, 2) },
        }),
      3,
    ));

  test("pad and its gradient agree with tfjs-cpu", () =>
    expectSame({
      fn: withGradients((x) =>
        tf.pad(
          x,
          [
            [1, 0],
            [0, 2],
            [0, 0],
          ],
          0.5,
        ),
      ),
      inputs: { x: floats(2, 3, 2) },
    }));

  test("tile, broadcastTo and reverse and their gradients agree with tfjs-cpu", () =>
    expectSame({
      fn: withGradients((x, y) =>
        tf.add(tf.reverse(tf.tile(x, [2, 1, 3]), [0, 2]), tf.broadcastTo(y, [4, 3, 6])),
      ),
      inputs: { x: floats(2, 3, 2), y: floats(3, 1) },
    }));

  test("images left in another layout by a convolution are cut, joined, padded and reshaped right", () =>
    expectSame({
      fn: withGradients((x, w) => {
        const h = convolved(x, w);
        const part = tf.slice(h, [0, 1, 0, 1], [2, 3, 4, 2]);
        const joined = tf.concat(
          [part, tf.mul(part, 2), tf.slice(h, [0, 0, 0, 0], [2, 3, 4, 1])],
          3,
        );
        const padded = tf.pad(joined, [
          [0, 0],
          [1, 0],
          [0, 0],
          [0, 1],
        ]);
        return tf.matMul(
          tf.reshape(padded, [2, -1]),
          tf.reshape(tf.transpose(padded, [0, 3, 1, 2]), [2, -1]),
          false,
          true,
        );
      }),
      inputs: image,
    }));

  test("patches of an image are gathered by slices and a concat", () =>
    expectSame({
      fn: withGradients((x, w) => {
        const h = tf.pad(convolved(x, w), [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]);
        const patches = [0, 1, 2].flatMap((i) =>
          [0, 1, 2].map((j) => tf.slice(h, [0, i, j, 0], [2, 5, 4, 4])),
        );
        return tf.reshape(tf.concat(patches, 3), [-1, 36]);
      }),
      inputs: image,
    }));
});
