import { describe, expect, test } from "vitest";
import {
  createEngine,
  type TensorFunction,
  type TensorSpec,
  type TensorValue,
  tf,
  traceGraph,
} from "../../../src/tensor/index.ts";
import { floats } from "../compare.ts";

const shapes = { first: [3, 3, 3, 20], second: [1, 1, 20, 5], shift: [5] } as const;
const names = Object.keys(shapes) as (keyof typeof shapes)[];
const slotOf = (name: string): string => `slot:${name}`;
const specs: Record<string, TensorSpec> = {
  x: floats(16, 6, 6, 3),
  rate: floats(),
  ...Object.fromEntries(
    names.flatMap((name) => [
      [name, floats(...shapes[name])],
      [slotOf(name), floats(...shapes[name])],
    ]),
  ),
};
const state = Object.fromEntries(
  names.flatMap((name) => [
    [name, name],
    [slotOf(name), name],
  ]),
);

/** Two convolutions, moved along their gradients with momentum. */
const step: TensorFunction = (inputs) => {
  const lossOf = (...[first, second, shift]: tf.Tensor[]): tf.Scalar => {
    const hidden = tf.relu(tf.conv2d(inputs.x as tf.Tensor4D, first as tf.Tensor4D, 1, "same"));
    const mixed = tf.conv2d(hidden as tf.Tensor4D, second as tf.Tensor4D, 1, "same");
    return tf.mean(tf.square(tf.add(mixed, shift as tf.Tensor)));
  };
  const { grads } = tf.valueAndGrads(lossOf)(names.map((name) => inputs[name] as tf.Tensor));
  const moved = names.flatMap((name, i) => {
    const slot = tf.add(tf.mul(inputs[slotOf(name)] as tf.Tensor, 0.9), grads[i] as tf.Tensor);
    const parameter = tf.sub(inputs[name] as tf.Tensor, tf.mul(slot, inputs.rate as tf.Tensor));
    return [
      [name, parameter],
      [slotOf(name), slot],
    ];
  });
  return Object.fromEntries(moved);
};

const sineOf = (spec: TensorSpec, at: number): TensorValue => {
  const size = spec.shape.reduce((product, length) => product * length, 1);
  return { ...spec, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i + at) / 3) };
};
const given = Object.fromEntries(
  Object.entries(specs).map(([name, spec], at) => [name, sineOf(spec, at)]),
);

/** The state after each of three steps; before the third, one parameter is replaced. */
async function states(backend: "onnx-cpu" | "tfjs-cpu", arranged: boolean) {
  const engine = await createEngine({ backend, threads: 1 });
  const program = await engine.compile("step", step, specs, { state });
  let values: Record<string, TensorValue> = arranged ? program.arrange(given) : given;
  const all: (readonly number[])[] = [];
  for (let at = 0; at < 3; at++) {
    if (at === 2) values = { ...values, second: sineOf(specs.second as TensorSpec, 7) };
    values = { ...values, ...(await program.run(values)) };
    all.push(Object.keys(state).flatMap((name) => [...(values[name]?.data ?? [])]));
  }
  await engine.close();
  return all;
}

describe("state that is moved by the same operators", () => {
  test("is moved at once", () => {
    const graph = traceGraph("step", step, specs, { state });

    expect(graph.packs.map(({ members }) => members.map(({ name }) => name))).toEqual([
      names,
      names.map(slotOf),
    ]);
    expect(graph.nodes.filter(({ inputs }) => inputs.includes("rate"))).toHaveLength(1);
  });

  test("stays apart where it is moved by others, or large", () => {
    const size = 200;
    const large = floats(size, size);
    const inputs = { a: floats(4, 4), b: floats(4, 4), c: large, d: large, rate: floats() };
    const fn: TensorFunction = ({ a, b, c, d, rate }) => ({
      a: tf.mul(a as tf.Tensor, rate as tf.Tensor),
      b: tf.matMul(b as tf.Tensor2D, a as tf.Tensor2D),
      c: tf.mul(c as tf.Tensor, rate as tf.Tensor),
      d: tf.mul(d as tf.Tensor, rate as tf.Tensor),
    });
    const own = { a: "a", b: "b", c: "c", d: "d" };

    expect(traceGraph("step", fn, inputs, { state: own }).packs).toEqual([]);
  });

  test.each([false, true])("moves as on tfjs-cpu, given arranged: %s", async (arranged) => {
    const [compiled, eager] = [await states("onnx-cpu", arranged), await states("tfjs-cpu", false)];

    for (const [at, values] of compiled.entries())
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(eager[at]?.[i] ?? 0, 4);
  });
});
