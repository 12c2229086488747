import { afterAll, beforeAll, expect, test } from "vitest";
import { fromScratch } from "../../../search/from-scratch.ts";
import type { SearchContext } from "../../../search/index.ts";
import type { NeuronDirection } from "../../../search/splitting/directions.ts";
import {
  bareMenu,
  binaryMenu,
  type MenuRule,
  menusOf,
  signedMenu,
} from "../../../search/splitting/menu.ts";
import { splitNetwork } from "../../../search/splitting/split-network.ts";
import { splitsFor } from "../../../search/splitting/split-options.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { smallSearch } from "../small-search.ts";

const epsilon = 0.1;

let engine: Engine;
let context: SearchContext;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  const options = await smallSearch(engine);
  const recipe = { ...options.recipe, epsilons: [epsilon] };
  context = { ...options, reference: options.network, granularity: 1, recipe };
});
afterAll(() => engine.close());

/** Of theta of length 2 in nine dimensions, index -3 and 1. */
const direction: NeuronDirection = {
  lambdaMin: -3,
  vMin: Float32Array.from({ length: 9 }, (_, i) => (i === 0 ? 1 : 0)),
  lambdaMax: 1,
  vMax: Float32Array.from({ length: 9 }, (_, i) => (i === 1 ? 1 : 0)),
  heldOut: { index: -3 },
  heldOutMax: { index: 1 },
  squaredNorm: 4,
};

async function splitOne(menu: MenuRule) {
  const { network } = context;
  const training = fromScratch(network, context, 0);
  const directions = new Map([["conv1", [direction]]]);
  const splits = splitsFor(network, new Map([["conv1", 3]]), menusOf(directions, menu));
  const request = { network, training, directions, splits, gain: 0, gainBound: 0, round: 0 };
  return { before: training, after: await splitNetwork(request, context) };
}

test("the change foreseen is half the displacement's square times the index, whatever neurons are ranked by", async () => {
  // Steps are relative to |theta| = 2.
  const foreseen = ((epsilon * 2) ** 2 / 2) * -3;

  for (const menu of [binaryMenu, bareMenu]) {
    const { after } = await splitOne(menu);

    expect(after.record.predictedChange).toBeCloseTo(foreseen, 12);
  }
});

test.each([2, 3, 5])("copies of signed splits weigh what the menu's c = %d allows", async (c) => {
  const negativeOnly: MenuRule = (neuron) =>
    signedMenu(c)(neuron).filter(({ type }) => type === "negative binary");

  const { before, after } = await splitOne(negativeOnly);

  // conv2 reads the copies: [3, 3, 2, 4] becomes [3, 3, 3, 4], the split channel's weights times (c + 1) / 2.
  const old = before.weights.get("conv2/kernel")?.[0] ?? Number.NaN;
  const kernel = after.training.weights.get("conv2/kernel");
  expect((kernel?.[0] ?? Number.NaN) / old).toBeCloseTo((c + 1) / 2, 5);
  expect((kernel?.[8] ?? Number.NaN) / old).toBeCloseTo((1 - c) / 2, 5);
  const foreseen = ((epsilon * 2) ** 2 / 2) * (-(c - 1) / (c + 1));
  expect(after.record.predictedChange).toBeCloseTo(foreseen, 12);
});
