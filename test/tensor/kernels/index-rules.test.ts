import { describe, expect, test } from "vitest";
import { type TensorFunction, tf, traceGraph } from "../../../src/tensor/index.ts";
import { expectSame, floats, ints, sizeOf, useEngines, withGradients } from "../compare.ts";

useEngines();

/** Sums of the neighbours' features, as a graph convolution takes them, and their gradient. */
function messagePassing({
  nodes,
  edges,
  features,
}: {
  readonly nodes: number;
  readonly edges: number;
  readonly features: number;
}) {
  const fn: TensorFunction = ({ x, from, to }) => {
    const loss = (rows: tf.Tensor): tf.Scalar => {
      const sent = tf.gather(rows, from as tf.Tensor1D);
      const received = tf.unsortedSegmentSum(sent, to as tf.Tensor1D, nodes);
      return tf.sum(tf.square(received));
    };
    const { value, grad } = tf.valueAndGrad(loss)(x as tf.Tensor);
    return { value, grad };
  };
  const inputs = { x: floats(nodes, features), from: ints(edges), to: ints(edges) };
  return { fn, inputs, bound: nodes };
}

describe("kernels that pick and place by index", () => {
  test.each([0, 1, 2])("gather along axis %i agrees with tfjs-cpu", (axis) =>
    expectSame({
      fn: ({ x, i }) => ({ y: tf.gather(x as tf.Tensor, i as tf.Tensor, axis) }),
      inputs: { x: floats(5, 6, 5), i: ints(2, 3) },
    }),
  );

  test("an embedding and its gradient, with rows used twice, agree with tfjs-cpu", () =>
    expectSame({
      fn: ({ table, i }) => {
        const loss = (rows: tf.Tensor): tf.Scalar =>
          tf.sum(tf.square(tf.gather(rows, i as tf.Tensor1D)));
        const { value, grad } = tf.valueAndGrad(loss)(table as tf.Tensor);
        return { value, grad };
      },
      inputs: { table: floats(5, 4), i: ints(9) },
    }));

  test("a gather inside a batch agrees with tfjs-cpu", () =>
    expectSame({
      fn: ({ x, i }) => ({ y: tf.gather(x as tf.Tensor, i as tf.Tensor, 1, 1) }),
      inputs: { x: floats(3, 5, 2), i: ints(3, 4) },
    }));

  test("gatherND and scatterND agree with tfjs-cpu, repeated points adding up", () =>
    expectSame({
      fn: ({ x, i, u }) => ({
        gathered: tf.gatherND(x as tf.Tensor, i as tf.Tensor),
        scattered: tf.scatterND(i as tf.Tensor, u as tf.Tensor, [5, 6, 2]),
      }),
      inputs: { x: floats(5, 6, 2), i: ints(7, 2), u: floats(7, 2) },
    }));

  test("oneHot gives nothing for indices outside its depth, as tfjs does", () =>
    expectSame({
      fn: ({ i }) => ({
        y: tf.oneHot(tf.sub(i as tf.Tensor, tf.scalar(1, "int32")), 3),
        z: tf.oneHot(i as tf.Tensor, 4, 0.9, 0.1),
      }),
      inputs: { i: ints(6) },
    }));

  test("unsortedSegmentSum and its gradient agree with tfjs-cpu, negative segments dropped", () =>
    expectSame({
      fn: ({ x, i }) => {
        const segments = tf.sub(i as tf.Tensor, tf.scalar(1, "int32")) as tf.Tensor1D;
        const loss = (rows: tf.Tensor): tf.Scalar =>
          tf.sum(tf.square(tf.unsortedSegmentSum(rows, segments, 4)));
        const { value, grad } = tf.valueAndGrad(loss)(x as tf.Tensor);
        return { value, grad };
      },
      inputs: { x: floats(8, 3), i: ints(8) },
    }));

  test("features of a graph's nodes, gathered along its edges and summed, agree with tfjs-cpu", () =>
    expectSame(messagePassing({ nodes: 30, edges: 50, features: 150 })));

  test("no index is spelled out for every feature of every edge", () => {
    const size = { nodes: 2708, edges: 10_556, features: 1433 };
    const { fn, inputs } = messagePassing(size);
    const { nodes, initializers } = traceGraph("graph", fn, inputs);
    const shapes = new Map(initializers.map(({ name, data }) => [name, Array.from(data, Number)]));
    const expanded = nodes
      .filter(({ op, inputs: [source = ""] }) => op === "Expand" && !shapes.has(source))
      .map(({ inputs: [, shape = ""] }) => sizeOf(shapes.get(shape) ?? []));

    expect(expanded.length).toBeGreaterThan(0);
    for (const count of expanded) expect(count).toBeLessThan((size.edges * size.features) / 20);
  });

  test("ranges are constants", () =>
    expectSame({
      fn: withGradients((x) => tf.mul(x, tf.cast(tf.range(0, 10, 2, "int32"), "float32"))),
      inputs: { x: floats(3, 5) },
    }));
});
