import { describe, expect, test } from "vitest";
import {
  applyChannels,
  type Channel,
  unchanged,
} from "../../../search/splitting/apply-channels.ts";
import { isWide } from "../../../src/network/layer.ts";
import { type Network, placeLayers } from "../../../src/network/network.ts";
import type { Weights } from "../../../src/network/parameters.ts";
import { freeGroups, type WidthGroup } from "../../../src/network/width-groups.ts";
import { type Random, seededRandom, shuffled } from "../../../src/random.ts";
import {
  exampleImages,
  exampleNetworks,
  exampleWeights,
} from "../../support/reference/example-networks.ts";
import { exactWeights, referenceLogits } from "../../support/reference/network.ts";

const innerGroups = (network: Network): readonly WidthGroup[] => freeGroups(network);

function logits(network: Network, weights: Weights): readonly number[] {
  const [image = []] = exampleImages(network, 1).images;
  return referenceLogits(network, exactWeights(weights), image).map(({ value }) => value);
}

function expectSameLogits(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 11);
}

/** The weights with what the consumers of a channel read from it set to zero. */
function ignored(network: Network, weights: Weights, { layers }: WidthGroup, channel: number) {
  const silenced = new Map(weights);
  for (const { layer, inputs, in: input, out } of placeLayers(network)) {
    if (!isWide(layer) || !layers.includes(inputs[0] ?? "")) continue;
    const kernel = Float32Array.from(weights.get(`${layer.name}/kernel`) ?? []);
    for (let i = 0; i < kernel.length; i++)
      if (Math.floor(i / out.channels) % input.channels === channel) kernel[i] = 0;
    silenced.set(`${layer.name}/kernel`, kernel);
  }
  return silenced;
}

describe.each(Object.entries(exampleNetworks))("channels of %s", (_, network: Network) => {
  const weights = exampleWeights(network);

  test("reordered and copied with weights that sum to 1 leave the outputs as they are", () => {
    const random = seededRandom(7);
    const groups = new Map(
      innerGroups(network).map(({ name, width }) => [name, halvedSome(width, random)]),
    );

    const changed = applyChannels(network, weights, groups);

    expectSameLogits(logits(changed.network, changed.weights), logits(network, weights));
  });

  test("that no consumer reads can be dropped without changing the outputs", () => {
    for (const group of innerGroups(network)) {
      const silenced = ignored(network, weights, group, 1);
      const kept = unchanged([...Array(group.width).keys()].filter((channel) => channel !== 1));

      const changed = applyChannels(network, silenced, new Map([[group.name, kept]]));

      expect(innerGroups(changed.network).find(({ name }) => name === group.name)?.width).toBe(
        group.width - 1,
      );
      expectSameLogits(logits(changed.network, changed.weights), logits(network, silenced));
    }
  });
});

/** All channels in random order, some of them as two halves. */
function halvedSome(width: number, random: Random): readonly Channel[] {
  return shuffled(Array(width).keys(), random).flatMap((source) =>
    random.uniform() < 0.5
      ? [{ source, weight: 1 }]
      : [
          { source, weight: 0.5 },
          { source, weight: 0.5 },
        ],
  );
}

test("an optimiser's arrays lose the dropped channels too", () => {
  const network = exampleNetworks.dense;
  const { carry } = applyChannels(
    network,
    exampleWeights(network),
    new Map([["hidden", unchanged([2, 0])]]),
  );

  expect([...carry(Float32Array.of(1, 2, 3), "hidden/bias")]).toEqual([3, 1]);
});

test("a group cannot lose every channel, nor keep one it does not have", () => {
  const network = exampleNetworks.dense;
  const change = (sources: readonly number[]) => () =>
    applyChannels(network, exampleWeights(network), new Map([["hidden", unchanged(sources)]]));

  expect(change([])).toThrow('"hidden" of 3 channels');
  expect(change([3])).toThrow('"hidden" of 3 channels');
});
