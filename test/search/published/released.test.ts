import { describe, expect, test } from "vitest";
import type { SearchContext } from "../../../search/index.ts";
import { releasedCosts } from "../../../search/published/released-costs.ts";
import { releasedPlan } from "../../../search/published/released-plan.ts";
import type { SplitEntry } from "../../../search/splitting/menu.ts";
import { isWide } from "../../../src/network/layer.ts";
import { type Network, withWidths } from "../../../src/network/network.ts";
import { presets } from "../../../src/network/presets.ts";
import { steppedCosts, tinyRecipe } from "../small-search.ts";

const seedWidths = [8, 8, 8, 8, 16, 16, 24, 24, 24, 24, 24, 24, 32, 32];

function seed(): Network {
  const network = presets["mobilenet-v1-cifar"].build({ classes: 100 });
  const names = network.layers.filter(isWide).map(({ name }) => name);
  return withWidths(network, new Map(seedWidths.map((width, i) => [names[i] ?? "", width])));
}

const entry = (gain: number): readonly SplitEntry[] => [
  { type: "positive binary", added: 1, gain, standardError: 0 },
];

function chosen(
  gains: Readonly<Record<string, readonly number[]>>,
  caps: ReadonlyMap<string, number> = new Map(),
) {
  const menus = new Map(Object.entries(gains).map(([group, own]) => [group, own.map(entry)]));
  const { plan } = releasedPlan({ network: seed(), menus, grown: 0 }, {
    costs: steppedCosts,
    budget: { latency_s: 1 },
    caps,
    granularity: 1,
    recipe: { ...tinyRecipe, growth: 1.3, rounds: 3 },
  } as SearchContext);
  return Object.fromEntries(
    [...plan.splits].map(([group, splits]) => [group, splits.map(({ neuron }) => neuron)]),
  );
}

// From get_flops_inc_per_layer of dilinwang820/fast-energy-aware-splitting, config.py.
const costs = [
  28672, 17664, 4608, 4416, 1152, 1616, 416, 544, 544, 544, 544, 532, 136, 264,
] as const;

test("one more neuron of the seed MobileNetV1 costs what the released code charges", () => {
  expect([...releasedCosts(seed()).values()]).toEqual(costs);
});

describe("the two released budgets at growth 0.3, 1047.766 and 1608.457 in square roots", () => {
  const eightOf = (gain: number) => new Array<number>(8).fill(gain);

  test("take the first whole neurons of greatest gain per cost, and none after one that fits in part", () => {
    // conv1 costs 132.906: seven fit in 1047.766, the eighth in part. conv3 at 66.453 would fit, but comes after it.
    expect(chosen({ conv1: eightOf(1700), conv3: eightOf(1) })).toEqual({
      conv1: [0, 1, 2, 3, 4, 5, 6],
    });
  });

  test("do not compete: late layers grow whatever early ones gain", () => {
    const both = chosen({ conv0: eightOf(1700), conv13: [0.1, -1, 0.2] });

    // conv0 costs 169.328.
    expect(both).toEqual({ conv0: [0, 1, 2, 3, 4, 5], conv13: [2, 0] });
  });

  test("leave out what does not lower the loss, and what is above a layer's cap", () => {
    const caps = new Map([["conv3", 10]]);

    expect(chosen({ conv3: [1, 3, -1, 2, 4], conv2: [0, -2] }, caps)).toEqual({ conv3: [4, 1] });
  });
});
