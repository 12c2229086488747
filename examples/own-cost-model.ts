/**
 * Searches with costs of your own: any object with `kernel` and `overhead` is a cost model.
 * Run: node --import tsx --conditions=wattsplit-source examples/own-cost-model.ts
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createEngine,
  kernelMacs,
  loadDataset,
  parseNetwork,
  seededRandom,
  splitOff,
} from "wattsplit";
import { type CostModel, findMethod, recipes, search } from "wattsplit/search";

/** An accelerator with 8 multipliers side by side: output channels come in eights. */
const costs: CostModel = {
  source: "an accelerator with lanes of 8",
  overhead: { latency_s: 2e-6 },
  kernel: (kernel) => {
    const outChannels = 8 * Math.ceil(kernel.outChannels / 8);
    return { latency_s: 1e-9 * kernelMacs({ ...kernel, outChannels }) };
  },
};

const convolution = { kind: "conv2d", kernelSize: 3, stride: 2, padding: "same", batchNorm: true };
const network = parseNetwork(
  JSON.stringify({
    format: "wattsplit-network",
    version: 1,
    name: "two-convolutions",
    input: { height: 8, width: 8, channels: 1 },
    layers: [
      { ...convolution, name: "conv1", width: 4, activation: "relu" },
      { ...convolution, name: "conv2", width: 4, activation: "relu" },
      { kind: "global_pool", name: "pool" },
      { kind: "dense", name: "logits", width: 4 },
    ],
  }),
  "the network above",
);

const { train, test } = await loadDataset("synthetic");
const { rest, heldOut } = splitOff(train, 0.25, seededRandom(0));
const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
const found = await search({
  method: findMethod("splitting"),
  engine,
  network,
  caps: new Map([
    ["conv1", 16],
    ["conv2", 16],
  ]),
  data: { name: "synthetic", train: rest, validation: heldOut, test },
  costs,
  budget: { latency_s: 12e-6 },
  recipe: {
    ...recipes.quick,
    batch: 32,
    finalEpochs: 2,
    directionExamples: 256,
    heldOutExamples: 128,
  },
  seed: 0,
  folder: mkdtempSync(join(tmpdir(), "own-cost-model-")),
});
await engine.close();

for (const { kind, candidates } of found.history.rounds)
  for (const { label, widths, cost, validation } of candidates)
    console.log(
      `${kind}, ${label}`.padEnd(24),
      `${widths.conv1}-${widths.conv2}`.padEnd(6),
      `${(cost.latency_s * 1e6).toFixed(2)} us`,
      `accuracy ${(100 * (validation?.accuracy ?? 0)).toFixed(1)} %`,
    );
