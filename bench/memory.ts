import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { findPreset } from "../src/network/presets.ts";
import { createEngine, type Engine } from "../src/tensor/index.ts";
import { sgd } from "../src/training/optimizers.ts";
import { type StepProgram, trainStep } from "../src/training/train-step.ts";
import { initialValues } from "./initial-values.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Resident megabytes of the process over many training steps, and over recompiling the step with a few steps each. */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      net: { type: "string", default: "mobilenet-v1-cifar" },
      width: { type: "string", default: "0.25" },
      batch: { type: "string", default: "64" },
      threads: { type: "string", default: "2" },
      steps: { type: "string", default: "1000" },
      recompiles: { type: "string", default: "50" },
    },
  });
  const network = findPreset(values.net).build({ multiplier: Number(values.width) });
  const step = trainStep(network, sgd(), { batch: Number(values.batch) });
  const engine = await createEngine({ backend: "onnx-cpu", threads: Number(values.threads) });
  const rows: object[] = [];
  const sample = (after: string): void => {
    collectGarbage();
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    const mb = (bytes: number) => Math.round(bytes / 1e6);
    rows.push({
      after,
      resident_mb: mb(rss),
      heap_mb: mb(heapUsed),
      array_buffers_mb: mb(arrayBuffers),
    });
  };
  const [steps, recompiles] = [Number(values.steps), Number(values.recompiles)];
  await train(engine, step, steps, (done) => {
    if (done === 10 || done % (steps / 5) === 0) sample(`${done} steps`);
  });
  for (let i = 1; i <= recompiles; i++) {
    await train(engine, step, 3, () => {});
    if (i === 1 || i % (recompiles / 5) === 0) sample(`${i} recompiles`);
  }
  await engine.close();
  console.table(rows);
}

async function train(
  engine: Engine,
  { fn, inputs, state }: StepProgram,
  steps: number,
  after: (done: number) => void,
): Promise<void> {
  const program = await engine.compile("step", fn, inputs, { state });
  let values = initialValues(inputs);
  for (let done = 1; done <= steps; done++) {
    const results = await program.run(values);
    const kept = Object.entries(results).filter(([name]) => name in inputs);
    values = { ...values, ...Object.fromEntries(kept) };
    after(done);
  }
  await program.release();
}
