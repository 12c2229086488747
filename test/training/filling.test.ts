import { expect, test } from "vitest";
import { initialWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { seededRandom } from "../../src/random.ts";
import { probeBlockSize } from "../../src/tensor/engine/block-size.ts";
import { StoredValue } from "../../src/tensor/engine/stored-value.ts";
import { createEngine, type TensorValue } from "../../src/tensor/index.ts";
import { adam, sgd } from "../../src/training/optimizers.ts";
import { trainStep } from "../../src/training/train-step.ts";
import { freshState } from "../../src/training/training-state.ts";

const batch = 16;
const convolution = { kind: "conv2d", kernelSize: 3, padding: "same", bias: false } as const;
const normalised = { batchNorm: true, activation: "relu" } as const;

/** Widths that fill no block of 8 or 16: every parameter has places that belong to no channel. */
const network: Network = {
  name: "uneven",
  input: { height: 4, width: 4, channels: 3 },
  layers: [
    { ...convolution, ...normalised, name: "stem", width: 6, stride: 1 },
    { ...convolution, ...normalised, name: "wide", width: 20, stride: 2, activation: "swish" },
    {
      kind: "depthwise_conv2d",
      name: "depthwise",
      kernelSize: 3,
      stride: 1,
      padding: "same",
      bias: false,
      ...normalised,
    },
    {
      ...convolution,
      name: "biased",
      width: 5,
      stride: 1,
      bias: true,
      batchNorm: false,
      activation: "relu",
    },
    { kind: "global_pool", name: "mean" },
    { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
  ],
};

const block = await probeBlockSize();

test.skipIf(block === undefined).each([
  { name: "momentum and weight decay", optimizer: sgd({ weightDecay: 1e-2 }) },
  { name: "Adam and weight decay", optimizer: adam({ weightDecay: 1e-2 }) },
])("filled up channels stay exactly zero over 1,000 steps of $name", async ({ optimizer }) => {
  const random = seededRandom(3);
  const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  const { fn, inputs, state } = trainStep(network, optimizer, { batch });
  const program = await engine.compile(network.name, fn, inputs, { state });
  const { weights, slots } = freshState(network, initialWeights(network, random), optimizer);
  let values: Record<string, TensorValue> = {};
  for (const [name, data] of [...weights, ...slots])
    values[name] = { shape: inputs[name]?.shape ?? [], dtype: "float32", data };
  for (let step = 1; step <= 1000; step++) {
    const x = Float32Array.from({ length: batch * 48 }, () => random.normal());
    const y = Int32Array.from({ length: batch }, () => random.below(3));
    const rate = Float32Array.of(optimizer.stepRate(0.01, step));
    const out = await program.run({
      ...values,
      x: { shape: [batch, 4, 4, 3], dtype: "float32", data: x },
      y: { shape: [batch], dtype: "int32", data: y },
      rate: { shape: [], dtype: "float32", data: rate },
    });
    values = { ...values, ...out };
  }
  await engine.close();

  const stored = Object.entries(values).filter(
    (entry): entry is [string, StoredValue] =>
      entry[1] instanceof StoredValue && entry[1].stored.length > entry[1].data.length,
  );
  expect(stored.map(([name]) => name)).toEqual(
    expect.arrayContaining(["stem/kernel", "wide/kernel", "depthwise/kernel", "biased/bias"]),
  );
  for (const [name, { stored: all, data }] of stored) {
    const sum = (values: Float32Array) => values.filter((value) => value !== 0).length;
    // Every value that is not zero is one of a channel; NaN counts as one.
    expect({ name, count: sum(all) }).toEqual({ name, count: sum(data) });
  }
});
