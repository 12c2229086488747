// Trains a small network for two steps on WebGPU and on the CPU and prints the losses of both as JSON.
import type { Network } from "../../../src/network/network.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine, type TensorValue } from "../../../src/tensor/index.ts";
import { sgd } from "../../../src/training/optimizers.ts";
import { type StepProgram, trainStep } from "../../../src/training/train-step.ts";

/** Small: SwiftShader compiles a shader for every kind and shape of node. */
const network: Network = {
  name: "small",
  input: { height: 8, width: 8, channels: 2 },
  layers: [
    {
      kind: "conv2d",
      name: "conv",
      width: 4,
      kernelSize: 3,
      stride: 1,
      padding: "same",
      bias: false,
      batchNorm: true,
      activation: "relu",
    },
    { kind: "pool", name: "pool", mode: "max", size: 2, stride: 2, padding: "valid" },
    { kind: "global_pool", name: "global" },
    { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
  ],
};
const step = trainStep(network, sgd(), { batch: 4 });

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

async function trainOn(engine: Engine): Promise<readonly number[]> {
  const program = await engine.compile("train", step.fn, step.inputs);
  let values = initialValues(step);
  const losses: number[] = [];
  for (let i = 0; i < 2; i++) {
    const { loss, correct, ...moved } = await program.run(values);
    losses.push(Number(loss?.data[0]));
    values = { ...values, ...moved };
  }
  await engine.close();
  return losses;
}

async function trainOnBoth(): Promise<Record<string, unknown>> {
  try {
    const engine = await createEngine({ backend: "onnx-webgpu" });
    const cpu = await createEngine({ backend: "onnx-cpu", threads: 1 });
    return { webgpu: await trainOn(engine), cpu: await trainOn(cpu) };
  } catch (error) {
    if (error instanceof Error && "exit" in error && error.exit === "unavailable")
      return { unavailable: error.message };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await trainOnBoth()));
