// Trains a small network for two steps on WebGPU and on the CPU, evaluates it, and prints the losses as JSON.
import type { Network } from "../../../src/network/network.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine, type TensorValue } from "../../../src/tensor/index.ts";
import { sgd } from "../../../src/training/optimizers.ts";
import { evaluationStep, type StepProgram, trainStep } from "../../../src/training/train-step.ts";

type ConvLayer = Extract<Network["layers"][number], { kind: "conv2d" }>;
const conv = (name: string, width: number, kernelSize: ConvLayer["kernelSize"]): ConvLayer => ({
  kind: "conv2d",
  name,
  width,
  kernelSize,
  stride: 1,
  padding: "same",
  bias: false,
  batchNorm: true,
  activation: "relu",
});
const depthwise = (name: string, stride: number): Network["layers"][number] => ({
  kind: "depthwise_conv2d",
  name,
  kernelSize: 3,
  stride,
  padding: "same",
  bias: false,
  batchNorm: true,
  activation: "relu",
});
/**
 * MobileNetV1's stem and two of its blocks, one at stride 2 (Howard et al. 2017, table 1), a pool between them. Small:
 * SwiftShader compiles a shader for every kind and shape of node.
 */
const network: Network = {
  name: "mobilenet",
  input: { height: 8, width: 8, channels: 2 },
  layers: [
    conv("conv0", 4, 3),
    { kind: "pool", name: "pool", mode: "max", size: 2, stride: 2, padding: "valid" },
    depthwise("depthwise1", 1),
    conv("conv1", 6, 1),
    depthwise("depthwise2", 2),
    conv("conv2", 8, 1),
    { kind: "global_pool", name: "global" },
    { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
  ],
};

function initialValues({ inputs }: StepProgram): Record<string, TensorValue> {
  const random = seededRandom(1);
  const entries = Object.entries(inputs).map(([key, { shape, dtype }]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    if (dtype === "int32")
      return [key, { shape, dtype, data: Int32Array.from({ length }, () => random.below(3)) }];
    const drawn = /kernel$|^x$/.test(key) && !key.includes(":");
    const fixed = key === "rate" ? 0.01 : /gamma|variance/.test(key) ? 1 : 0;
    const data = Float32Array.from({ length }, () => (drawn ? random.normal() / 2 : fixed));
    return [key, { shape, dtype, data }];
  });
  return Object.fromEntries(entries);
}

/** Two training steps and an evaluation with the weights they leave. */
async function lossesOn(engine: Engine): Promise<readonly number[]> {
  const step = trainStep(network, sgd(), { batch: 4 });
  const program = await engine.compile(`${network.name}-train`, step.fn, step.inputs, {
    state: step.state,
  });
  let values = initialValues(step);
  const losses: number[] = [];
  for (let i = 0; i < 2; i++) {
    const { loss, correct, ...moved } = await program.run(values);
    losses.push(Number(loss?.data[0]));
    values = { ...values, ...moved };
  }
  const evaluation = evaluationStep(network, { batch: 4 });
  const forward = await engine.compile(
    `${network.name}-evaluate`,
    evaluation.fn,
    evaluation.inputs,
  );
  const given = Object.fromEntries(
    Object.keys(evaluation.inputs).map((name) => [name, values[name] as TensorValue]),
  );
  const { loss } = await forward.run(given);
  return [...losses, Number(loss?.data[0])];
}

async function lossesOnBoth(): Promise<Record<string, unknown>> {
  try {
    const fallbacks: Record<string, readonly string[]> = {};
    const onFallback = (program: string, nodes: readonly string[]) => {
      fallbacks[program] = nodes;
    };
    const gpu = await createEngine({ backend: "onnx-webgpu", onFallback });
    const cpu = await createEngine({ backend: "onnx-cpu", threads: 1, onFallback });
    const losses = { webgpu: await lossesOn(gpu), cpu: await lossesOn(cpu) };
    await gpu.close();
    await cpu.close();
    return { losses, fallbacks };
  } catch (error) {
    if (error instanceof Error && "exit" in error && error.exit === "unavailable")
      return { unavailable: error.message };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await lossesOnBoth()));
