import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CostModel } from "../../search/cost-model.ts";
import {
  networkCost,
  type Recipe,
  recipes,
  type SearchOptions,
  search,
} from "../../search/index.ts";
import { loadDataset, splitOff } from "../../src/datasets/index.ts";
import { kernelMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import { seededRandom } from "../../src/random.ts";
import { createEngine, type Engine } from "../../src/tensor/index.ts";

/** A device that takes a nanosecond per MAC on output channels rounded up to four, and 10 us per layer. */
const costs: CostModel = {
  source: "formula: steps of 4",
  overhead: { latency_s: 1e-6, energy_j: 1e-5 },
  kernel: (kernel) => {
    const outChannels = 4 * Math.ceil(kernel.outChannels / 4);
    const latency_s = 1e-6 + 1e-9 * kernelMacs({ ...kernel, outChannels });
    return { latency_s, energy_j: 10 * latency_s };
  },
};

const seedNetwork: Network = {
  name: "two-convolutions",
  input: { height: 8, width: 8, channels: 1 },
  layers: [
    conv("conv1", 2),
    conv("conv2", 4),
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: 4, bias: true, activation: "linear" },
  ],
};

function conv(name: string, width: number): Network["layers"][number] {
  const shape = {
    kernelSize: 3,
    stride: 2,
    padding: "same",
    bias: false,
    batchNorm: true,
  } as const;
  return { kind: "conv2d", name, width, ...shape, activation: "swish" };
}

const tiny: Recipe = {
  ...recipes.quick,
  name: "tiny",
  batch: 32,
  learningRate: 0.05,
  finalEpochs: 2,
  growth: 1.6,
  lanczosSteps: 4,
  directionExamples: 128,
  heldOutExamples: 64,
};

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

async function options(changes: Partial<SearchOptions> = {}): Promise<SearchOptions> {
  const { train, test: testSplit } = await loadDataset("synthetic");
  const { rest, heldOut } = splitOff(train, 0.25, seededRandom(0));
  return {
    method: "splitting",
    engine,
    network: seedNetwork,
    caps: new Map([
      ["conv1", 8],
      ["conv2", 16],
    ]),
    data: { name: "synthetic", train: rest, validation: heldOut, test: testSplit },
    costs,
    budget: { latency_s: 12e-6 },
    recipe: tiny,
    seed: 3,
    folder: mkdtempSync(join(tmpdir(), "wattsplit-search-")),
    ...changes,
  };
}

test("the delivered network fits every budget and is wider than the seed", async () => {
  const asked = await options({ budget: { latency_s: 12e-6, energy_j: 1.15e-4 } });

  const { network, history } = await search(asked);

  const cost = networkCost(network, costs);
  expect(cost.latency_s).toBeLessThanOrEqual(12e-6);
  expect(cost.energy_j).toBeLessThanOrEqual(1.15e-4);
  expect(cost.latency_s).toBeGreaterThan(networkCost(seedNetwork, costs).latency_s);
  expect(history.rounds.map(({ kind }) => kind)).toEqual([
    "seed",
    ...history.rounds.slice(2).map(() => "growth"),
    "final",
  ]);
  expect(history.test?.accuracy).toBeGreaterThan(0.25);
});

test("the last step leaves no free neuron on the current stairs", async () => {
  const { network } = await search(await options());

  const widths = network.layers.flatMap((layer) => (layer.kind === "conv2d" ? [layer.width] : []));
  for (const width of widths) expect(width % 4).toBe(0);
});

test("the history says why growth ended: by the recipe, the budget or the caps", async () => {
  const one = await search(await options({ recipe: { ...tiny, rounds: 1 } }));
  const little = await search(await options({ budget: { latency_s: 7e-6 } }));
  const plenty = await search(await options({ budget: { latency_s: 1 } }));

  expect(one.history.ended).toBe("the recipe ends after 1 growth round");
  expect(little.history.ended).toMatch(/the budget/);
  expect(plenty.history.ended).toBe("no neuron has a positive gain and room to split");
});

test("every growth round records what theory promised and what the loss did", async () => {
  const { history } = await search(await options());

  const grown = history.rounds.filter(({ kind }) => kind === "growth");
  expect(grown.length).toBeGreaterThan(0);
  for (const { split, added } of grown) {
    expect(Object.values(added).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0);
    expect(split?.predictedChange).toBeLessThan(0);
    expect(Number.isFinite(split?.realisedChange)).toBe(true);
  }
});

test("a search interrupted between any two epochs and resumed gives the same history", async () => {
  const whole = await search(await options());
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));
  const resumed = async (epochs: number): Promise<void> => {
    const stop = new AbortController();
    const asked = await options({
      folder,
      signal: stop.signal,
      onProgress: ({ epochsDone }) => {
        if (epochsDone >= epochs) stop.abort();
      },
    });
    await expect(search(asked)).rejects.toThrow(/abort/i);
  };

  await resumed(0.5);
  await resumed(1.5);
  await resumed(2.5);
  const { history, weights } = await search(await options({ folder }));

  expect(history).toEqual(whole.history);
  expect(weights).toEqual(whole.weights);
});

test("a folder of another search is refused rather than gone on with", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  await expect(
    search(await options({ folder, signal: stop.signal, onProgress })),
  ).rejects.toThrow();

  const other = search(await options({ folder, seed: 4 }));

  await expect(other).rejects.toThrow(/holds a search with seed 3, not 4/);
});

test("a budget below the seed network is refused with both numbers", async () => {
  const refused = search(await options({ budget: { latency_s: 1e-6 } }));

  await expect(refused).rejects.toMatchObject({ exit: "budget", message: /1 µs given/ });
});

test("a diverging training stops with the last good epoch on disk", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-search-"));
  const diverging = { ...tiny, learningRate: 1e30 };

  const failed = search(await options({ folder, recipe: diverging }));

  await expect(failed).rejects.toMatchObject({ message: /loss became/, hint: /learning-rate/ });
});
