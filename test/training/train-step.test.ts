import { expect, test } from "vitest";
import { initialWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { presets } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { type BackendName, createEngine, type TensorValue } from "../../src/tensor/index.ts";
import { adam, type Optimizer, sgd } from "../../src/training/optimizers.ts";
import { trainStep } from "../../src/training/train-step.ts";
import { freshState } from "../../src/training/training-state.ts";

const batch = 4;

/** Every layer kind at small size: conv, depthwise, pool, add, concat, shuffle, slice, multiply, global pool, dense, batch norm. */
const mixed: Network = {
  name: "mixed",
  input: { height: 8, width: 8, channels: 3 },
  layers: [
    convolution("stem", 6, 3),
    { ...convolution("left", 6, 3), activation: "swish" },
    { kind: "add", name: "sum", inputs: ["left", "stem"], activation: "relu6" },
    { kind: "pool", name: "halve", mode: "max", size: 2, stride: 2, padding: "valid" },
    {
      kind: "depthwise_conv2d",
      name: "depthwise",
      kernelSize: 3,
      stride: 1,
      padding: "same",
      bias: false,
      batchNorm: true,
      activation: "relu",
    },
    { kind: "concat", name: "both", inputs: ["depthwise", "halve", "depthwise"] },
    { kind: "channel_shuffle", name: "dealt", groups: 3 },
    { kind: "channel_slice", name: "cut", part: 1, parts: 2 },
    { kind: "global_pool", name: "factors" },
    { kind: "multiply", name: "weighed", inputs: ["cut", "factors"] },
    { ...convolution("pointwise", 8, 1), batchNorm: false, bias: true, activation: "tanh" },
    { kind: "global_pool", name: "mean" },
    { kind: "dense", name: "logits", width: 5, bias: true, activation: "linear" },
  ],
};

function convolution(name: string, width: number, kernelSize: number) {
  return {
    kind: "conv2d",
    name,
    width,
    kernelSize,
    stride: 1,
    padding: "same",
    bias: false,
    batchNorm: true,
    activation: "relu",
  } as const;
}

/** Losses of `steps` steps on random examples, a new batch each, from the same weights on any backend. */
async function losses(backend: BackendName, network: Network, optimizer: Optimizer, steps = 20) {
  const random = seededRandom(11);
  const engine = await createEngine({ backend, threads: 1 });
  const { fn, inputs } = trainStep(network, optimizer, { batch });
  const program = await engine.compile(network.name, fn, inputs);
  const state = freshState(network, initialWeights(network, random), optimizer);
  const arrays = new Map([...state.weights, ...state.slots]);
  let values: Record<string, TensorValue> = {};
  for (const [name, spec] of Object.entries(inputs)) {
    const data = arrays.get(name);
    if (data) values[name] = { ...spec, data };
  }
  const seen: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const size = (inputs.x?.shape ?? []).reduce((product, length) => product * length, 1);
    const x = Float32Array.from({ length: size }, () => random.normal());
    const y = Int32Array.from({ length: batch }, () => random.below(5));
    const rate = Float32Array.of(optimizer.stepRate(0.02, step));
    const outputs = await program.run({
      ...values,
      x: { shape: inputs.x?.shape ?? [], dtype: "float32", data: x },
      y: { shape: [batch], dtype: "int32", data: y },
      rate: { shape: [], dtype: "float32", data: rate },
    });
    values = { ...values, ...outputs };
    seen.push(Number(outputs.loss?.data[0]));
  }
  await program.release();
  await engine.close();
  return seen;
}

const optimizers: readonly [string, Optimizer][] = [
  ["SGD with momentum and weight decay", sgd({ weightDecay: 1e-3 })],
  ["SGD with Nesterov momentum", sgd({ nesterov: true })],
  ["Adam", adam()],
];

test.each(optimizers)(
  "20 compiled steps of %s give the losses of 20 eager ones within 1e-3",
  async (_, optimizer) => {
    const compiled = await losses("onnx-cpu", mixed, optimizer);

    const eager = await losses("tfjs-cpu", mixed, optimizer);
    expect(new Set(compiled).size).toBe(20);
    for (const [step, loss] of eager.entries())
      expect(Math.abs((compiled[step] ?? Number.NaN) / loss - 1)).toBeLessThan(1e-3);
  },
);

// Longer runs of so deep a net on four examples part ways by rounding alone: batch norm sees 16 values a channel.
test("a compiled step of MobileNetV1 leads to the eager loss within 1e-3", async () => {
  const network = presets["mobilenet-v1-cifar"].build({ multiplier: 0.125, classes: 5 });

  const compiled = await losses("onnx-cpu", network, sgd({ nesterov: true }), 2);

  const eager = await losses("tfjs-cpu", network, sgd({ nesterov: true }), 2);
  for (const [step, loss] of eager.entries())
    expect(Math.abs((compiled[step] ?? Number.NaN) / loss - 1)).toBeLessThan(1e-3);
});
