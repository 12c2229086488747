import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/random.ts";
import {
  type BackendName,
  createEngine,
  type Engine,
  type TensorValue,
  tf,
} from "../../src/tensor/index.ts";
import { batchMoments, batchNormTrain } from "../../src/training/batch-norm.ts";

const [batch, side, channels] = [6, 5, 3];
const count = batch * side * side;
const size = count * channels;
const epsilon = 1e-5;

interface Sample {
  readonly x: Float64Array;
  readonly gamma: Float64Array;
  readonly beta: Float64Array;
  /** Weights of the outputs in the loss. */
  readonly w: Float64Array;
}

/** Values of mean `centre` and deviation 1; float32 numbers, so that both sides start from the same ones. */
function sample(centre: number): Sample {
  const random = seededRandom(5);
  const draw = (length: number, mean: number) =>
    Float64Array.from({ length }, () => Math.fround(mean + random.normal()));
  return {
    x: draw(size, centre),
    gamma: draw(channels, 1),
    beta: draw(channels, 0),
    w: draw(size, 0),
  };
}

/** Biased mean and variance of one channel, in float64. */
function momentsOf(x: Float64Array, channel: number): readonly [number, number] {
  const values = x.filter((_, i) => i % channels === channel);
  const mean = values.reduce((sum, v) => sum + v, 0) / count;
  return [mean, values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count];
}

/** sum w (gamma (x - mean) / sqrt(variance + epsilon) + beta) in float64, by the definition. */
function lossOf({ x, gamma, beta, w }: Sample): number {
  const moments = [0, 1, 2].map((channel) => momentsOf(x, channel));
  return x.reduce((sum, value, i) => {
    const channel = i % channels;
    const [mean = 0, variance = 0] = moments[channel] ?? [];
    const normal = (value - mean) / Math.sqrt(variance + epsilon);
    return sum + (w[i] ?? 0) * ((gamma[channel] ?? 0) * normal + (beta[channel] ?? 0));
  }, 0);
}

/** Central differences of the loss in every entry of one array. */
function differences(given: Sample, key: "x" | "gamma" | "beta"): number[] {
  const step = 1e-4;
  return Array.from(given[key], (_, i) => {
    const [up, down] = [step, -step].map((by) =>
      lossOf({ ...given, [key]: given[key].map((value, at) => (at === i ? value + by : value)) }),
    );
    return ((up ?? 0) - (down ?? 0)) / (2 * step);
  });
}

const specs = {
  x: { shape: [batch, side, side, channels], dtype: "float32" },
  gamma: { shape: [channels], dtype: "float32" },
  beta: { shape: [channels], dtype: "float32" },
  w: { shape: [batch, side, side, channels], dtype: "float32" },
} as const;

async function gradients(engine: Engine, given: Sample): Promise<Record<string, TensorValue>> {
  const program = await engine.compile(
    "batch-norm",
    ({ x, gamma, beta, w }) => {
      const moments = batchMoments(x as tf.Tensor);
      const loss = (...values: tf.Tensor[]): tf.Scalar =>
        tf.sum(tf.mul(batchNormTrain(...(values as Trainable), moments), w as tf.Tensor));
      const { grads } = tf.valueAndGrads(loss)([x, gamma, beta] as tf.Tensor[]);
      return { ...moments, x: grads[0], gamma: grads[1], beta: grads[2] } as Record<
        string,
        tf.Tensor
      >;
    },
    specs,
  );
  const values = Object.entries(specs).map(([name, spec]) => [
    name,
    { ...spec, data: Float32Array.from(given[name as keyof Sample]) },
  ]);
  return program.run(Object.fromEntries(values));
}
type Trainable = [tf.Tensor, tf.Tensor1D, tf.Tensor1D];

const expectClose = (actual: ArrayLike<number> | undefined, expected: readonly number[]): void => {
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries())
    expect(Math.abs((actual?.[i] ?? Number.NaN) - value)).toBeLessThan(2e-4 * largest);
};

describe.each(["onnx-cpu", "tfjs-cpu"] as const)("batch norm on %s", (backend: BackendName) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ backend, threads: 1 });
  });
  afterAll(() => engine.close());

  test("has the gradients that finite differences in float64 give", async () => {
    const given = sample(0.5);
    const actual = await gradients(engine, given);
    expectClose(actual.x?.data, differences(given, "x"));
    expectClose(actual.gamma?.data, differences(given, "gamma"));
    expectClose(actual.beta?.data, differences(given, "beta"));
  });

  test("keeps its variance where the mean is a thousand deviations", async () => {
    const given = sample(1000);
    const { variance } = await gradients(engine, given);
    for (const channel of [0, 1, 2]) {
      const [, expected] = momentsOf(given.x, channel);
      expect(Math.abs((variance?.data[channel] ?? 0) / expected - 1)).toBeLessThan(1e-4);
    }
  });
});
