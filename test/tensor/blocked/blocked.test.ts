import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { machineTarget } from "../../../src/tensor/engine/onnx-engine.ts";
import {
  createEngine,
  type Engine,
  type GraphTarget,
  type TensorFunction,
  type TensorSpec,
  tf,
  traceGraph,
} from "../../../src/tensor/index.ts";
import { floats, forAll, randomValues, withGradients } from "../compare.ts";

/** The machine's own target with borders under which everything that can be blocked is. */
async function eagerlyBlocked(): Promise<GraphTarget> {
  const target = await machineTarget("onnx-cpu", 1);
  const borders = { ...target.borders, gradientTaps: 1, gradientValuesPerPixel: 1e9 };
  return { ...target, borders };
}

const target = await eagerlyBlocked();
const unavailable = target.block === undefined;

/** Widths below, at and between multiples of the block. */
const widths = fc.constantFrom(2, 3, 8, 16, 17, 20, 32, 40);

const shapes = fc.record({
  // Filter gradients are blocked for whole blocks of images only.
  batch: fc.constantFrom(1, 3, 16, 32),
  height: fc.integer({ min: 4, max: 9 }),
  width: fc.integer({ min: 4, max: 9 }),
  input: widths,
  output: widths,
  kernel: fc.constantFrom(1, 2, 3, 5, 7),
  stride: fc.constantFrom(1, 1, 2, 3),
  pad: fc.constantFrom("same" as const, "valid" as const),
});

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;
const hasOutput = ({ height, width, kernel, pad }: Shape): boolean =>
  pad === "same" || Math.min(height, width) >= kernel;
/** tfjs-cpu takes a second for some ten million products. */
const isQuick = ({ batch, height, width, input, output, kernel }: Shape): boolean =>
  batch * height * width * input * output * kernel ** 2 <= 4e6;

describe.skipIf(unavailable)("the blocked layout", () => {
  let compiled: Engine;
  let eager: Engine;
  beforeAll(async () => {
    compiled = await createEngine({ backend: "onnx-cpu", target });
    eager = await createEngine({ backend: "tfjs-cpu" });
  });
  afterAll(async () => {
    await compiled.close();
    await eager.close();
  });

  /** Expects every element to agree with tfjs-cpu, whatever the size of its neighbours, and the graph to be blocked. */
  async function expectSameElements(
    fn: TensorFunction,
    inputs: Readonly<Record<string, TensorSpec>>,
    { state = {} }: { readonly state?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const values = randomValues({ fn, inputs });
    const ops = traceGraph("blocked", fn, inputs, { target, state }).nodes.map(({ op }) => op);
    expect(ops.some((op) => op.startsWith("com.microsoft.nchwc."))).toBe(true);
    const one = await compiled.compile("blocked", fn, inputs, { state });
    const other = await eager.compile("eager", fn, inputs);
    const actual = await one.run(values);
    const expected = await other.run(values);
    await one.release();
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect({ name, shape: actual[name]?.shape }).toEqual({ name, shape });
      const wrong = [...data.entries()].filter(
        ([i, value]) =>
          !(Math.abs(Number(actual[name]?.data[i]) - value) <= 5e-4 + 1e-4 * Math.abs(value)),
      );
      expect({ name, wrong: wrong.slice(0, 3) }).toEqual({ name, wrong: [] });
    }
  }

  test("convolutions and their gradients agree with tfjs-cpu over widths, windows, strides and paddings", () =>
    forAll(
      shapes.filter((shape) => hasOutput(shape) && isQuick(shape)),
      ({ batch, height, width, input, output, kernel, stride, pad }) =>
        expectSameElements(
          // Between two convolutions, so that images come and go blocked.
          withGradients((x, first, w, b) => {
            const h = tf.relu(tf.conv2d(x as tf.Tensor4D, first as tf.Tensor4D, 1, "same"));
            const y = tf.conv2d(h as tf.Tensor4D, w as tf.Tensor4D, stride, pad);
            return tf.relu(tf.add(y, b));
          }),
          {
            x: floats(batch, height, width, 3),
            first: floats(1, 1, 3, input),
            w: floats(kernel, kernel, input, output),
            b: floats(output),
          },
          { state: { first: "first", w: "w", b: "b" } },
        ),
      30,
    ));

  test("depthwise convolutions and their gradients agree with tfjs-cpu likewise", () =>
    forAll(
      shapes.filter(hasOutput),
      ({ batch, height, width, input, kernel, stride, pad }) =>
        expectSameElements(
          withGradients((x, first, w) => {
            const h = tf.conv2d(x as tf.Tensor4D, first as tf.Tensor4D, 1, "same");
            return tf.depthwiseConv2d(h as tf.Tensor4D, w as tf.Tensor4D, stride, pad);
          }),
          {
            x: floats(batch, height, width, 3),
            first: floats(1, 1, 3, input),
            w: floats(kernel, kernel, input, 1),
          },
          { state: { first: "first", w: "w" } },
        ),
      30,
    ));

  test.each([8, 16, 20])(
    "normalised, activated, added, pooled and joined images of %i channels agree with tfjs-cpu",
    (channels) =>
      expectSameElements(
        withGradients((x, w, gamma, beta) => {
          const h = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
          const mean = tf.mean(h, [0, 1, 2]);
          const centred = tf.sub(h, mean);
          const variance = tf.mean(tf.square(centred), [0, 1, 2]);
          const normal = tf.mul(centred, tf.mul(gamma, tf.rsqrt(tf.add(variance, 1e-3))));
          const y = tf.relu(tf.add(tf.add(normal, beta), h));
          const swish = tf.mul(normal, tf.sigmoid(normal));
          const sum = tf.add(tf.add(y, swish), tf.mul(tf.tanh(h), tf.sigmoid(beta)));
          const joined = tf.concat([sum, tf.relu6(h)], 3) as tf.Tensor4D;
          const pooled = tf.maxPool(joined, 2, 2, "valid");
          const overlapping = tf.maxPool(joined, 3, 2, "same");
          const average = tf.avgPool(tf.softplus(joined) as tf.Tensor4D, 2, 2, "same");
          const taps = tf.split(
            tf.spaceToBatchND(
              h,
              [2, 2],
              [
                [0, 0],
                [0, 0],
              ],
            ),
            4,
          );
          const kink = taps.reduce((a, b) => tf.maximum(a, b)) as tf.Tensor4D;
          const perImage = tf.mul(h, tf.mean(h, [1, 2], true)) as tf.Tensor4D;
          const parts = [pooled, overlapping, average, kink, perImage];
          return tf.concat(
            parts.map((part) => tf.mean(part, [1, 2])),
            1,
          );
        }),
        {
          x: floats(16, 8, 8, 3),
          w: floats(3, 3, 3, channels),
          gamma: floats(channels),
          beta: floats(channels),
        },
        { state: { w: "w", gamma: "gamma", beta: "beta" } },
      ),
  );

  test("images narrow to one channel and broadcast along any axes agree with tfjs-cpu", () =>
    expectSameElements(
      withGradients((x, w, one, rows, row) => {
        const h = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
        const single = tf.conv2d(h as tf.Tensor4D, one as tf.Tensor4D, 1, "same");
        const moved = tf.mul(tf.sub(tf.scalar(1), tf.mul(h, single)), tf.add(h, rows));
        return tf.mul(tf.sub(row, moved), tf.mean(h, [1, 2], true));
      }),
      {
        x: floats(3, 5, 6, 4),
        w: floats(3, 3, 4, 20),
        one: floats(1, 1, 20, 1),
        rows: floats(5, 1, 20),
        row: floats(6, 20),
      },
      { state: { w: "w" } },
    ));
});
