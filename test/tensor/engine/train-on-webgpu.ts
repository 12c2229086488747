// Trains a small network for three steps on WebGPU and on the CPU and prints the losses of both as JSON.
import { findPreset } from "../../../src/network/presets.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine, type TensorValue } from "../../../src/tensor/index.ts";
import { sgd } from "../../../src/training/optimizers.ts";
import { type StepProgram, trainStep } from "../../../src/training/train-step.ts";

const step = trainStep(findPreset("mnist-cnn").build({ multiplier: 0.25 }), sgd(), { batch: 4 });

function initialValues({ inputs }: StepProgram): Record<string, TensorValue> {
  const random = seededRandom(1);
  const entries = Object.entries(inputs).map(([key, { shape, dtype }]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    if (dtype === "int32")
      return [key, { shape, dtype, data: Int32Array.from({ length }, () => random.below(10)) }];
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
  for (let i = 0; i < 3; i++) {
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
