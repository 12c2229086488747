import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Network } from "../../src/network/network.ts";
import { presets } from "../../src/network/presets.ts";
import { encodeModel } from "../../src/onnx/index.ts";
import { seededRandom } from "../../src/random.ts";
import { createEngine, type TensorValue, traceGraph } from "../../src/tensor/index.ts";
import { adam, type Optimizer, sgd } from "../../src/training/optimizers.ts";
import { type StepProgram, trainStep } from "../../src/training/train-step.ts";
import { relativeError, sizeOf } from "./compare.ts";

/** Every layer kind once, small enough for tfjs-cpu. */
const network: Network = {
  name: "tiny",
  input: { height: 8, width: 8, channels: 2 },
  layers: [
    {
      kind: "conv2d",
      name: "stem",
      width: 4,
      kernelSize: 3,
      stride: 1,
      padding: "same",
      bias: false,
      batchNorm: true,
      activation: "relu",
    },
    {
      kind: "depthwise_conv2d",
      name: "depthwise",
      kernelSize: 3,
      stride: 2,
      padding: "same",
      bias: false,
      batchNorm: true,
      activation: "relu6",
    },
    {
      kind: "conv2d",
      name: "pointwise",
      width: 4,
      kernelSize: 1,
      stride: 1,
      padding: "same",
      bias: true,
      batchNorm: false,
      activation: "swish",
    },
    {
      kind: "conv2d",
      name: "branch",
      width: 4,
      kernelSize: 3,
      stride: 1,
      padding: "same",
      bias: false,
      batchNorm: true,
      activation: "linear",
    },
    { kind: "add", name: "sum", inputs: ["branch", "pointwise"], activation: "relu" },
    { kind: "pool", name: "pool", mode: "max", size: 2, stride: 2, padding: "valid" },
    { kind: "global_pool", name: "global" },
    { kind: "dense", name: "hidden", width: 6, bias: true, activation: "tanh" },
    { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
  ],
};

type Values = Readonly<Record<string, TensorValue>>;

function initialValues({ inputs }: StepProgram): Values {
  const random = seededRandom(5);
  const entries = Object.entries(inputs).map(([name, { shape, dtype }]) => {
    const length = sizeOf(shape);
    if (dtype === "int32")
      return [name, { shape, dtype, data: Int32Array.from({ length }, () => random.below(3)) }];
    return [
      name,
      {
        shape,
        dtype,
        data: Float32Array.from({ length }, () => initialValue(name, random.normal())),
      },
    ];
  });
  return Object.fromEntries(entries);
}

function initialValue(name: string, normal: number): number {
  if (name.includes(":") || /beta|bias|mean$/.test(name)) return 0;
  if (/gamma|variance$/.test(name)) return 1;
  return name === "rate" ? 0.01 : name === "x" ? normal : normal * 0.4;
}

async function train(
  backend: "onnx-cpu" | "tfjs-cpu",
  step: StepProgram,
  steps: number,
): Promise<{ losses: readonly number[]; values: Values }> {
  const engine = await createEngine({ backend, threads: 1 });
  const program = await engine.compile("train", step.fn, step.inputs);
  let values = initialValues(step);
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const { loss, correct, ...moved } = await program.run(values);
    losses.push(Number(loss?.data[0]));
    values = { ...values, ...moved };
  }
  await engine.close();
  return { losses, values };
}

const optimizers: Readonly<Record<string, Optimizer>> = {
  "SGD with momentum and weight decay": sgd({ weightDecay: 1e-3 }),
  "Nesterov's SGD": sgd({ nesterov: true }),
  Adam: adam(),
};

describe("a training step", () => {
  test.each(Object.entries(optimizers))(
    "20 compiled steps of %s end where 20 eager ones do",
    async (_, optimizer) => {
      const step = trainStep(network, optimizer, { batch: 8 });

      const compiled = await train("onnx-cpu", step, 20);
      const eager = await train("tfjs-cpu", step, 20);

      expect(relativeError(compiled.losses, eager.losses)).toBeLessThan(1e-3);
      for (const [name, { data }] of Object.entries(eager.values))
        expect({ name, error: relativeError(compiled.values[name]?.data ?? [], data) }).toEqual({
          name,
          error: expect.toSatisfy((error: number) => error < 1e-3),
        });
      expect(compiled.losses[19]).toBeLessThan(compiled.losses[0] ?? 0);
    },
  );

  test.skipIf(!hasOnnxPython())(
    "the reference checker of ONNX accepts the training graph of every preset",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "onnx-"));
      for (const [name, preset] of Object.entries(presets)) {
        const { fn, inputs } = trainStep(preset.build({ multiplier: 0.25 }), sgd(), { batch: 2 });
        writeFileSync(join(folder, `${name}.onnx`), encodeModel(traceGraph(name, fn, inputs)));
      }
      const script = [
        "import glob, onnx, sys",
        "for path in sorted(glob.glob(sys.argv[1] + '/*.onnx')):",
        "  onnx.checker.check_model(onnx.load(path), full_check=True); print('ok')",
      ].join("\n");

      const output = execFileSync("/usr/bin/python3", ["-c", script, folder]).toString();

      rmSync(folder, { recursive: true });
      expect(output.trim().split("\n")).toEqual(Object.keys(presets).map(() => "ok"));
    },
  );
});

function hasOnnxPython(): boolean {
  try {
    execFileSync("/usr/bin/python3", ["-c", "import onnx"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write("skipped: /usr/bin/python3 has no onnx package\n");
    return false;
  }
}
