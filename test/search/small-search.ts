import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CostModel } from "../../search/cost-model.ts";
import { findMethod, type Recipe, recipes, type SearchOptions } from "../../search/index.ts";
import { loadDataset, splitOff } from "../../src/datasets/index.ts";
import {
  type OperatorSpace,
  pathNetwork,
  smallestPath,
} from "../../src/network/blocks/operator-space.ts";
import { findOperator } from "../../src/network/blocks/pool.ts";
import {
  alternatingOperations,
  type CellStack,
  cellNetwork,
} from "../../src/network/cells/convolutional-cell.ts";
import { smallestCells } from "../../src/network/cells/read-cells.ts";
import { completeWiring } from "../../src/network/cells/wiring.ts";
import { kernelMacs } from "../../src/network/costs.ts";
import type { Layer } from "../../src/network/layer.ts";
import { type Network, withWidths } from "../../src/network/network.ts";
import { seededRandom } from "../../src/random.ts";
import type { Engine } from "../../src/tensor/index.ts";

/** A device that takes a nanosecond per MAC on output channels rounded up to four, and a microsecond per layer. */
export const steppedCosts: CostModel = {
  source: "formula: steps of 4",
  overhead: { latency_s: 1e-6, energy_j: 1e-5 },
  kernel: (kernel) => {
    const outChannels = 4 * Math.ceil(kernel.outChannels / 4);
    const latency_s = 1e-6 + 1e-9 * kernelMacs({ ...kernel, outChannels });
    return { latency_s, energy_j: 10 * latency_s };
  },
};

/** 2 and 4 channels: fits the synthetic data set. */
export const seedNetwork: Network = {
  name: "two-convolutions",
  input: { height: 8, width: 8, channels: 1 },
  layers: [
    conv("conv1", 2),
    conv("conv2", 4),
    { kind: "global_pool", name: "pool" },
    { kind: "dense", name: "logits", width: 4, bias: true, activation: "linear" },
  ],
};

const reference = withWidths(
  seedNetwork,
  new Map([
    ["conv1", 8],
    ["conv2", 16],
  ]),
);

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

export const tinyRecipe: Recipe = {
  ...recipes.quick,
  name: "tiny",
  batch: 32,
  learningRate: 0.05,
  epochExamples: 320,
  trials: 3,
  finalEpochs: 2,
  inheritedEpochs: 1,
  growth: 1.6,
  directionPasses: 4,
  directionExamples: 128,
  heldOutExamples: 64,
};

/** Two blocks of three operators: fits the synthetic data set. */
export const smallOperators: OperatorSpace = {
  name: "two-blocks",
  input: seedNetwork.input,
  stem: [{ ...conv("stem", 4), activation: "relu" } as Layer],
  blocks: [
    { name: "block1", width: 4, stride: 1 },
    { name: "block2", width: 8, stride: 2 },
  ],
  tail: seedNetwork.layers.slice(-2),
  operators: ["sep_k3", "mb_e1_k5", "mb_e3_k3", "choice_k3"].map(findOperator),
  perBlock: 3,
  earlyBlocks: 1,
};

const smallPathNetwork = pathNetwork(smallOperators, smallestPath(smallOperators));

/** For methods that search for operators. */
const operatorSearch: Partial<SearchOptions> = {
  network: smallPathNetwork,
  reference: smallPathNetwork,
  caps: new Map(),
  operators: smallOperators,
};

/** A cell of four nodes once: fits the synthetic data set. */
export const smallCells: CellStack = {
  name: "one-cell",
  input: seedNetwork.input,
  stem: { width: 4, stride: 2 },
  stages: [{ cells: 1, filters: 4, pool: 1 }],
  classes: 4,
  residual: true,
  activation: "relu",
};

/** For methods that search for wirings. */
const cellSearch: Partial<SearchOptions> = {
  network: smallestCells(smallCells),
  reference: cellNetwork(
    { wiring: completeWiring(4), operations: alternatingOperations(4) },
    smallCells,
  ),
  caps: new Map(),
};

/** Networks for methods that do not search for widths. */
const networksFor: Readonly<Record<string, Partial<SearchOptions>>> = {
  hurricane: operatorSearch,
  autoshrink: cellSearch,
  "random-wirings": cellSearch,
};

/** Nothing writes to it, and to draw it takes a good part of a search. */
const synthetic = loadDataset("synthetic");

/** A search of a second or so. */
export async function smallSearch(
  engine: Engine,
  changes: Partial<SearchOptions> = {},
): Promise<SearchOptions> {
  const { train, test: testSplit } = await synthetic;
  const { rest, heldOut } = splitOff(train, 0.25, seededRandom(0));
  return {
    method: findMethod("splitting"),
    engine,
    network: seedNetwork,
    reference,
    caps: new Map([
      ["conv1", 8],
      ["conv2", 16],
    ]),
    data: { name: "synthetic", train: rest, validation: heldOut, test: testSplit },
    costs: steppedCosts,
    budget: { latency_s: 12e-6 },
    recipe: tinyRecipe,
    seed: 3,
    folder: mkdtempSync(join(tmpdir(), "wattsplit-search-")),
    ...networksFor[changes.method?.name ?? ""],
    ...changes,
  };
}
