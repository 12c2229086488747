import fc from "fast-check";
import { describe, test } from "vitest";
import { tf } from "../../../src/tensor/index.ts";
import { expectSame, floats, forAll, ints, useEngines, withGradients } from "../compare.ts";

useEngines();

const positive = (v: number): number => Math.abs(v) + 0.1;

const unary: readonly {
  name: string;
  fn: (x: tf.Tensor) => tf.Tensor;
  domain?: (v: number) => number;
}[] = [
  { name: "abs", fn: (x) => tf.abs(x) },
  { name: "ceil", fn: (x) => tf.ceil(x) },
  { name: "clipByValue", fn: (x) => tf.clipByValue(x, -0.5, 0.7) },
  { name: "cos", fn: (x) => tf.cos(x) },
  { name: "elu", fn: (x) => tf.elu(x) },
  { name: "erf", fn: (x) => tf.erf(x) },
  { name: "exp", fn: (x) => tf.exp(x) },
  { name: "expm1", fn: (x) => tf.expm1(x) },
  { name: "floor", fn: (x) => tf.floor(x) },
  { name: "leakyRelu", fn: (x) => tf.leakyRelu(x, 0.3) },
  { name: "log", fn: (x) => tf.log(x), domain: positive },
  { name: "log1p", fn: (x) => tf.log1p(x), domain: positive },
  { name: "neg", fn: (x) => tf.neg(x) },
  { name: "reciprocal", fn: (x) => tf.reciprocal(x), domain: positive },
  { name: "relu", fn: (x) => tf.relu(x) },
  { name: "relu6", fn: (x) => tf.relu6(tf.mul(x, 5)) },
  { name: "round", fn: (x) => tf.round(x) },
  { name: "rsqrt", fn: (x) => tf.rsqrt(x), domain: positive },
  { name: "sigmoid", fn: (x) => tf.sigmoid(x) },
  { name: "sign", fn: (x) => tf.sign(x) },
  { name: "sin", fn: (x) => tf.sin(x) },
  { name: "softplus", fn: (x) => tf.softplus(x) },
  { name: "sqrt", fn: (x) => tf.sqrt(x), domain: positive },
  { name: "square", fn: (x) => tf.square(x) },
  { name: "step", fn: (x) => tf.step(x) },
  { name: "step with a slope", fn: (x) => tf.step(x, 0.2) },
  { name: "swish", fn: (x) => tf.mul(x, tf.sigmoid(x)) },
  { name: "tanh", fn: (x) => tf.tanh(x) },
];

const binary: readonly (readonly [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor])[] = [
  ["add", (a, b) => tf.add(a, b)],
  ["sub", (a, b) => tf.sub(a, b)],
  ["mul", (a, b) => tf.mul(a, b)],
  ["div", (a, b) => tf.div(a, b)],
  ["pow", (a, b) => tf.pow(tf.abs(a), b)],
  ["addN", (a, b) => tf.addN([tf.add(a, b), tf.sub(a, b), tf.mul(a, b)])],
];

/** Those whose gradients tfjs has for equal shapes only. */
const unbroadcast: readonly (readonly [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor])[] = [
  ["maximum", (a, b) => tf.maximum(a, b)],
  ["minimum", (a, b) => tf.minimum(a, b)],
  ["squaredDifference", (a, b) => tf.squaredDifference(a, b)],
];

/** Two shapes that broadcast: some axes of either are 1 or missing. */
const broadcastable = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom("both", "left", "right")), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((axes) =>
    fc.record({
      a: fc.constant(axes.map(([n, who]) => (who === "right" ? 1 : n))),
      b: fc
        .integer({ min: 0, max: axes.length - 1 })
        .map((skip) => axes.map(([n, who]) => (who === "left" ? 1 : n)).slice(skip)),
    }),
  );

describe("elementwise kernels", () => {
  test.each(unary)("$name and its gradient agree with tfjs-cpu", ({ fn, domain }) =>
    expectSame({
      fn: withGradients(fn),
      inputs: { x: floats(2, 3, 4) },
      ...(domain ? { domain } : {}),
    }),
  );

  test.each(binary)("%s and its gradients agree with tfjs-cpu over broadcast shapes", (_, fn) =>
    forAll(
      broadcastable,
      ({ a, b }) =>
        expectSame({ fn: withGradients(fn), inputs: { a: floats(...a), b: floats(...b) } }),
      8,
    ),
  );

  test.each(unbroadcast)("%s and its gradients agree with tfjs-cpu", (_, fn) =>
    expectSame({ fn: withGradients(fn), inputs: { a: floats(3, 4), b: floats(3, 4) } }),
  );

  test.each(unbroadcast)("%s agrees with tfjs-cpu over broadcast shapes", (_, fn) =>
    forAll(
      broadcastable,
      ({ a, b }) =>
        expectSame({
          fn: (inputs) => ({ y: fn(inputs.a as tf.Tensor, inputs.b as tf.Tensor) }),
          inputs: { a: floats(...a), b: floats(...b) },
        }),
      6,
    ),
  );

  test("where and its gradients agree with tfjs-cpu", () =>
    expectSame({
      fn: withGradients((a, b) => {
        const condition = tf.tensor([1, 0, 1, 1], [4], "bool");
        return tf.where(tf.broadcastTo(condition, [3, 4]), a, b);
      }),
      inputs: { a: floats(3, 4), b: floats(3, 4) },
    }));

  test("comparisons and logic agree with tfjs-cpu on floats and integers", () =>
    forAll(
      fc.constantFrom(floats(3, 4), ints(3, 4)),
      (spec) =>
        expectSame({
          fn: ({ a, b }) => {
            const [x, y] = [a as tf.Tensor, b as tf.Tensor];
            const [less, equal] = [tf.less(x, y), tf.equal(x, y)];
            return {
              less,
              equal,
              notEqual: tf.notEqual(x, y),
              greater: tf.greater(x, y),
              greaterEqual: tf.greaterEqual(x, y),
              lessEqual: tf.lessEqual(x, y),
              and: tf.logicalAnd(less, tf.logicalNot(equal)),
              or: tf.logicalOr(less, equal),
              count: tf.sum(tf.cast(less, "float32")),
              picked: tf.mul(tf.cast(less, "float32"), tf.cast(equal, "float32")),
            };
          },
          inputs: { a: spec, b: spec },
        }),
      2,
    ));

  test("casts between all types agree with tfjs-cpu", () =>
    expectSame({
      fn: ({ x, i, b }) => ({
        floatToInt: tf.cast(tf.mul(x as tf.Tensor, 3), "int32"),
        floatToBool: tf.cast(tf.relu(x as tf.Tensor), "bool"),
        intToFloat: tf.cast(i as tf.Tensor, "float32"),
        intToBool: tf.cast(i as tf.Tensor, "bool"),
        boolToFloat: tf.cast(b as tf.Tensor, "float32"),
        boolToInt: tf.cast(b as tf.Tensor, "int32"),
        same: tf.cast(x as tf.Tensor, "float32"),
      }),
      inputs: { x: floats(7), i: ints(7), b: { shape: [7], dtype: "bool" } },
    }));

  test("integers beyond 2^24 are divided exactly", () =>
    expectSame({
      fn: ({ x }) => {
        const large = tf.add(x as tf.Tensor, tf.scalar(2 ** 30 + 1, "int32"));
        // Differences by which a quotient rounded to float32 would be off.
        const off = tf.scalar(2 ** 30, "int32");
        return { y: tf.sub(tf.floorDiv(large, tf.scalar(1, "int32")), off) };
      },
      inputs: { x: ints(9) },
    }));

  test("integer arithmetic agrees with tfjs-cpu, floor division of negatives included", () =>
    expectSame({
      fn: ({ a, b }) => {
        const [three, one] = [tf.scalar(3, "int32"), tf.scalar(1, "int32")];
        const [x, y] = [tf.sub(a as tf.Tensor, three), tf.add(b as tf.Tensor, one)];
        return {
          sum: tf.add(x, y),
          product: tf.mul(x, y),
          floor: tf.floorDiv(x, y),
          largest: tf.maximum(x, y),
        };
      },
      inputs: { a: ints(11), b: ints(11) },
    }));

  test("constants written by the program, and fills, are part of the graph", () =>
    expectSame({
      fn: ({ x }) => ({
        listed: tf.add(x as tf.Tensor, tf.tensor1d([1, 2, 3])),
        filled: tf.mul(x as tf.Tensor, tf.fill([2, 3], 4)),
        zeros: tf.zerosLike(x as tf.Tensor),
        ones: tf.add(tf.onesLike(x as tf.Tensor), tf.zeros([1, 3])),
        large: tf.concat([tf.fill([200, 3], 2), x as tf.Tensor2D]),
        product: tf.mul(tf.fill([2, 1], 2), tf.fill([1, 3], 5)),
      }),
      inputs: { x: floats(2, 3) },
    }));
});
