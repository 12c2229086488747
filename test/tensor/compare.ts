import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, expect } from "vitest";
import { encodeModel, type OnnxGraph } from "../../src/onnx/index.ts";
import { seededRandom } from "../../src/random.ts";
import {
  createEngine,
  type Engine,
  type TensorFunction,
  type TensorSpec,
  type TensorValue,
  tf,
} from "../../src/tensor/index.ts";
import { prepareTfjs } from "../../src/tensor/tfjs.ts";

prepareTfjs();

let compiled: Engine;
let eager: Engine;

/** Opens the two engines that `expectSame` compares, for the tests of one file. */
export function useEngines(): void {
  beforeAll(async () => {
    compiled = await createEngine({ backend: "onnx-cpu", threads: 1 });
    eager = await createEngine({ backend: "tfjs-cpu" });
  });
  afterAll(async () => {
    await compiled.close();
    await eager.close();
  });
}

export const floats = (...shape: readonly number[]): TensorSpec => ({ shape, dtype: "float32" });
export const ints = (...shape: readonly number[]): TensorSpec => ({ shape, dtype: "int32" });

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

interface Case {
  readonly fn: TensorFunction;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** Bounds of int32 inputs, [0, bound); default 5. */
  readonly bound?: number;
  /** Turns the standard normal numbers of float inputs into what the operator is defined on. */
  readonly domain?: (value: number) => number;
}

/** Values for every input, by a fixed seed. */
export function randomValues({
  inputs,
  bound = 5,
  domain = (v) => v,
}: Case): Record<string, TensorValue> {
  const random = seededRandom(7);
  const entries = Object.entries(inputs).map(([name, { shape, dtype }]) => {
    const size = sizeOf(shape);
    if (dtype === "int32")
      return [
        name,
        { shape, dtype, data: Int32Array.from({ length: size }, () => random.below(bound)) },
      ];
    if (dtype === "bool")
      return [
        name,
        { shape, dtype, data: Uint8Array.from({ length: size }, () => random.below(2)) },
      ];
    return [
      name,
      { shape, dtype, data: Float32Array.from({ length: size }, () => domain(random.normal())) },
    ];
  });
  return Object.fromEntries(entries);
}

/** Expects the compiled function to give what tfjs-cpu gives: shapes, types, and values within 1e-4 relative. */
export async function expectSame(given: Case): Promise<void> {
  const values = randomValues(given);
  const one = await compiled.compile("compiled", given.fn, given.inputs);
  const other = await eager.compile("eager", given.fn, given.inputs);

  const actual = await one.run(values);
  const expected = await other.run(values);

  await one.release();
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { shape, dtype, data }] of Object.entries(expected)) {
    expect({ name, shape: actual[name]?.shape, dtype: actual[name]?.dtype }).toEqual({
      name,
      shape,
      dtype,
    });
    expect({ name, error: relativeError(actual[name]?.data ?? [], data) }).toEqual({
      name,
      error: expect.toSatisfy((error: number) => error <= 1e-4),
    });
  }
}

/** Largest difference, relative to the largest magnitude expected (at least 1e-3). */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [difference, magnitude] = [0, 1e-3];
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] ?? Number.NaN;
    difference = Math.max(difference, Math.abs((actual[i] ?? Number.NaN) - value));
    if (Number.isNaN(actual[i]) !== Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  return difference / magnitude;
}

/**
 * The function's value together with its gradients in every input, for a loss that weighs each output
 * differently, so that no error can cancel.
 */
export const withGradients =
  (fn: (...inputs: tf.Tensor[]) => tf.Tensor): TensorFunction =>
  (inputs) => {
    const loss = (...values: tf.Tensor[]): tf.Scalar => {
      const y = fn(...values);
      const weights = tf.tensor(
        Float32Array.from({ length: y.size }, (_, i) => Math.cos(i)),
        y.shape,
      );
      return tf.sum(tf.mul(y, weights));
    };
    const { value, grads } = tf.valueAndGrads(loss)(Object.values(inputs));
    const named = Object.keys(inputs).map((name, i) => [`d_${name}`, grads[i]] as const);
    return { y: fn(...Object.values(inputs)), loss: value, ...Object.fromEntries(named) } as Record<
      string,
      tf.Tensor
    >;
  };

/** Runs a property over a few random cases, always the same ones. */
export const forAll = <T>(
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
  runs = 12,
) => fc.assert(fc.asyncProperty(arbitrary, check), { seed: 3, numRuns: runs, endOnFailure: true });

/** Runs a graph on ONNX Runtime's CPU provider and returns its outputs in order. */
export async function runGraph(
  graph: OnnxGraph,
  values: Readonly<Record<string, TensorValue>>,
): Promise<readonly Float32Array[]> {
  const session = await ort.InferenceSession.create(encodeModel(graph), { logSeverityLevel: 3 });
  const feeds = graph.inputs.map(({ name }) => {
    const { data, dtype, shape } = values[name] as TensorValue;
    return [name, new ort.Tensor(dtype as "float32", data as Float32Array, [...shape])] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return graph.outputs.map(({ name }) => results[name]?.data as Float32Array);
}
