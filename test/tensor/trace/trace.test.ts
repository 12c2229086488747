import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { encodeModel, type OnnxGraph } from "../../../src/onnx/index.ts";
import { type TensorFunction, type TensorSpec, tf, traceGraph } from "../../../src/tensor/index.ts";
import { prepareTfjs } from "../../../src/tensor/tfjs.ts";
import { floats, ints } from "../compare.ts";

prepareTfjs();

const trace = (fn: TensorFunction, inputs: Readonly<Record<string, TensorSpec>>): OnnxGraph =>
  traceGraph("test", fn, inputs);
/** Operators of a graph but for the Identity nodes that name its outputs. */
const operators = (graph: OnnxGraph): readonly string[] =>
  graph.nodes.map(({ op }) => op).filter((op) => op !== "Identity");

const x = floats(2, 3);

describe("traceGraph", () => {
  test("adding zeros, subtracting zeros, multiplying and dividing by ones emits nothing", () => {
    const graph = trace(
      ({ x }) => {
        const a = tf.add(x as tf.Tensor, tf.zeros([2, 3]));
        const b = tf.sub(tf.mul(tf.ones([2, 3]), a), tf.zerosLike(a));
        return { y: tf.div(tf.mul(b, tf.scalar(1)), tf.onesLike(b)) };
      },
      { x },
    );

    expect(operators(graph)).toEqual([]);
  });

  test("casting to the same type emits nothing", () => {
    expect(operators(trace(({ x }) => ({ y: tf.cast(x as tf.Tensor, "float32") }), { x }))).toEqual(
      [],
    );
  });

  test("broadcasts wait until the whole tensor is needed", () => {
    const graph = trace(
      ({ x, row }) => ({
        y: tf.mul(tf.broadcastTo(tf.exp(row as tf.Tensor), [2, 3]), x as tf.Tensor),
      }),
      { x, row: floats(3) },
    );

    expect(operators(graph)).toEqual(["Exp", "Reshape", "Mul"]);
  });

  test("nodes and constants that no result needs are dropped", () => {
    const graph = trace(
      ({ x }) => {
        tf.matMul(x as tf.Tensor2D, tf.tensor2d([1, 2, 3], [3, 1]));
        return { y: tf.neg(x as tf.Tensor) };
      },
      { x },
    );

    expect(operators(graph)).toEqual(["Neg"]);
    expect(graph.initializers).toEqual([]);
  });

  test("equal computations are done once", () => {
    const graph = trace(
      ({ x }) => ({ y: tf.add(tf.exp(x as tf.Tensor), tf.neg(tf.exp(x as tf.Tensor))) }),
      { x },
    );

    expect(operators(graph)).toEqual(["Exp", "Neg", "Add"]);
  });

  test("an input that is not used stays an input", () => {
    const graph = trace(({ x }) => ({ y: tf.neg(x as tf.Tensor) }), { x, unused: ints(4) });

    expect(graph.inputs.map(({ name }) => name)).toEqual(["x", "unused"]);
  });

  test("a result called like an input gets another name in the graph, and results keep their order", () => {
    const graph = trace(({ x }) => ({ z: tf.neg(x as tf.Tensor), x: tf.exp(x as tf.Tensor) }), {
      x,
    });

    expect(graph.outputs.map(({ name }) => name)).toEqual([
      "z",
      expect.stringMatching(/^x:out_\d+$/),
    ]);
  });

  test("constants written by the program become initialisers", () => {
    const graph = trace(({ x }) => ({ y: tf.add(x as tf.Tensor, tf.tensor1d([1, 2, 3])) }), { x });

    expect(graph.initializers.map(({ data }) => Array.from(data as Float32Array))).toEqual([
      [1, 2, 3],
    ]);
  });

  test("intermediate tensors captured inside a gradient can be used after it", () => {
    const graph = trace(
      ({ x }) => {
        let hidden: tf.Tensor = x as tf.Tensor;
        const { grad } = tf.valueAndGrad((v: tf.Tensor) => {
          hidden = tf.keep(tf.tanh(v));
          return tf.sum(hidden) as tf.Scalar;
        })(x as tf.Tensor);
        return { grad, hidden: tf.mul(hidden, 2) };
      },
      { x },
    );

    expect(graph.outputs.map(({ shape }) => shape)).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  test("the same function gives the same bytes every time", () => {
    const fn: TensorFunction = ({ x }) => ({
      y: tf.grad((v: tf.Tensor) => tf.sum(tf.softplus(v)))(x as tf.Tensor),
    });

    expect(encodeModel(trace(fn, { x }))).toEqual(encodeModel(trace(fn, { x })));
  });

  test("images go from convolution to convolution without being transposed", () => {
    const graph = trace(
      ({ x, v, w }) => {
        const h = tf.relu(tf.conv2d(x as tf.Tensor4D, v as tf.Tensor4D, 1, "same"));
        return { y: tf.mean(tf.conv2d(h, w as tf.Tensor4D, 1, "same"), [1, 2]) };
      },
      { x: floats(2, 6, 6, 3), v: floats(3, 3, 3, 4), w: floats(3, 3, 4, 5) },
    );

    const moved = graph.nodes.filter(
      ({ op, inputs }) => op === "Transpose" && !["v", "w"].includes(inputs[0] ?? ""),
    );
    expect(moved.map(({ inputs }) => inputs[0])).toEqual(["x"]);
  });

  test("an operation without a rule is refused by name, with its shapes and the way to add it", () => {
    const attempt = () => trace(({ x }) => ({ y: tf.atan(x as tf.Tensor) }), { x });

    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow("The operation Atan (x float32[2, 3]) cannot be compiled to ONNX");
    try {
      attempt();
    } catch (error) {
      expect((error as UserError).hint).toContain("src/tensor/trace/kernels/");
    }
  });

  test("a function that reads values while being compiled is told so", () => {
    const attempt = () =>
      trace(({ x }) => ({ y: tf.scalar((x as tf.Tensor).dataSync()[0] ?? 0) }), { x });

    expect(attempt).toThrow("Values cannot be read while compiling");
  });

  test.each([
    { name: "randomNormal", make: () => tf.randomNormal([2, 3]) },
    { name: "randomUniform", make: () => tf.randomUniform([2, 3], 0, 1, "float32", 7) },
    { name: "truncatedNormal", make: () => tf.truncatedNormal([2, 3]) },
    { name: "randomUniform", make: () => tf.dropout(tf.ones([2, 3]), 0.5) },
  ])("$name is refused: its numbers would be the same in every run", ({ name, make }) => {
    const attempt = () => trace(({ x }) => ({ y: tf.add(x as tf.Tensor, make()) }), { x });

    expect(attempt).toThrow(UserError);
    expect(attempt).toThrow(`The operation ${name} cannot be compiled`);
  });

  test("a tensor kept from another compilation is refused", () => {
    let leaked: tf.Tensor | undefined;
    trace(
      ({ x }) => {
        leaked = tf.keep(tf.neg(x as tf.Tensor));
        return { y: leaked };
      },
      { x },
    );

    expect(() => trace(() => ({ y: tf.neg(leaked as tf.Tensor) }), { x })).toThrow(
      "another compilation",
    );
  });

  test("images in NCHW are refused with what to do", () => {
    const attempt = () =>
      trace(
        ({ x, w }) => ({ y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "valid", "NCHW") }),
        {
          x: floats(1, 3, 5, 5),
          w: floats(3, 3, 3, 2),
        },
      );

    expect(attempt).toThrow("[batch, height, width, channels]");
  });

  test("a failed trace leaves tfjs as it was", () => {
    expect(() => trace(({ x }) => ({ y: tf.atan(x as tf.Tensor) }), { x })).toThrow();

    expect(Array.from(tf.neg(tf.tensor1d([1, 2])).dataSync())).toEqual([-1, -2]);
  });
});
