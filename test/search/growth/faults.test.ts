import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromScratch } from "../../../search/from-scratch.ts";
import type { SearchContext } from "../../../search/index.ts";
import type { NeuronDirection } from "../../../search/splitting/directions.ts";
import { type Directions, findDirections } from "../../../search/splitting/find-directions.ts";
import { binaryMenu, menusOf } from "../../../search/splitting/menu.ts";
import { randomDirections } from "../../../search/splitting/random-directions.ts";
import { splitNetwork } from "../../../search/splitting/split-network.ts";
import { splitsFor } from "../../../search/splitting/split-options.ts";
import { trainPhase } from "../../../search/training-phase.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import type { TrainingState } from "../../../src/training/training-state.ts";
import { smallSearch } from "../small-search.ts";

let engine: Engine;
let context: SearchContext;
let training: TrainingState;
let found: Directions;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  const options = await smallSearch(engine);
  const recipe = { ...options.recipe, directionPasses: 9, directionExamples: 640, epsilons: [0.3] };
  context = { ...options, reference: options.network, granularity: 1, recipe };
  const start = fromScratch(context.network, context, 0);
  const trained = await trainPhase(
    context.network,
    { state: start, epoch: 0, trainingLoss: Number.NaN },
    { engine, data: context.data, recipe, epochs: 6, seed: 1, phase: 0 },
  );
  training = trained.state;
  found = await findDirections(startOf(), context);
});
afterAll(() => engine.close());

const startOf = () => ({ network: context.network, weights: training.weights, round: 0 });

/** What the held-out loss falls by at once when the best neuron of the first layer and the best two of the second split. */
async function fall(directions: Directions): Promise<number> {
  const { network } = context;
  const widths = new Map([
    ["conv1", 3],
    ["conv2", 6],
  ]);
  const splits = splitsFor(network, widths, menusOf(directions, binaryMenu));
  const request = { network, training, directions, splits, gain: 0, gainBound: 0, round: 0 };
  return -(await splitNetwork(request, context)).record.realisedChange;
}

const changed = (
  change: (neuron: NeuronDirection, all: readonly NeuronDirection[]) => NeuronDirection,
) => new Map([...found].map(([group, all]) => [group, all.map((neuron) => change(neuron, all))]));

/** The neuron of least gain counts as that of most. */
const reversed = () =>
  changed((neuron) => ({ ...neuron, heldOut: { index: 1 / neuron.heldOut.index } }));
const negated = () => changed((neuron) => ({ ...neuron, vMin: neuron.vMax }));

describe("splits by exact directions", () => {
  test("lower the held-out loss at once", async () => {
    expect(await fall(found)).toBeGreaterThan(0);
  });

  test.each([
    ["directions drawn by chance", () => randomDirections(startOf(), context)],
    ["the ranking of neurons reversed", async () => reversed()],
    ["directions of the wrong end of the spectrum", async () => negated()],
  ] as const)("lower it by more than with %s", async (_, faulty) => {
    expect(await fall(found)).toBeGreaterThan(1.2 * (await fall(await faulty())));
  });
});

test("under batch norm no direction goes along the filter: every copy would be scaled back", async () => {
  for (const group of ["conv1", "conv2"]) {
    const kernel = training.weights.get(`${group}/kernel`) ?? new Float32Array();
    const neurons = found.get(group) ?? [];
    for (const [neuron, { vMin, squaredNorm }] of neurons.entries()) {
      const along = vMin.reduce(
        (sum, entry, k) => sum + entry * (kernel[k * neurons.length + neuron] ?? 0),
        0,
      );
      // In single precision; drawn by chance it would be a third.
      expect(Math.abs(along) / Math.sqrt(squaredNorm)).toBeLessThan(0.01);
    }
  }
});

test("a neuron that is dead has no gain, and its neighbours' are finite", async () => {
  const weights = new Map(
    [...training.weights].map(([name, array]) => [
      name,
      name === "conv1/kernel" || name === "conv1/gamma" || name === "conv1/beta"
        ? array.map((value, i) => (i % 2 === 0 ? 0 : value))
        : array,
    ]),
  );
  const start = { ...startOf(), weights };

  for (const directions of [
    await findDirections(start, context),
    await randomDirections(start, context),
  ]) {
    const menus = menusOf(directions, binaryMenu);
    expect(menus.get("conv1")?.[0]?.[0]?.gain).toBeCloseTo(0, 9);
    for (const { gain } of [...menus.values()].flat(2)) expect(Number.isFinite(gain)).toBe(true);
  }
});
