import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pruneByThreshold } from "../../../search/pruning/global-threshold.ts";
import {
  filterImportance,
  mostImportant,
  requireScales,
  scaleImportance,
  scaleLayers,
} from "../../../search/pruning/importance.ts";
import { applyChannels, unchanged } from "../../../search/splitting/apply-channels.ts";
import type { Network } from "../../../src/network/network.ts";
import { presets } from "../../../src/network/presets.ts";
import { freeGroups } from "../../../src/network/width-groups.ts";
import { exampleNetworks, exampleWeights } from "../../support/reference/example-networks.ts";

const scalesOf = (network: Network, group: string) => {
  const found = freeGroups(network).find(({ name }) => name === group);
  return found && scaleLayers(network, found);
};

describe("the batch norm that has the last word on a channel", () => {
  test("is the depthwise layer's in MobileNet, the convolution's own in VGG", () => {
    expect(scalesOf(presets["mobilenet-v1-cifar"].build({}), "conv3")).toEqual(["depthwise4"]);
    expect(scalesOf(presets["mobilenet-v1-cifar"].build({}), "conv13")).toEqual(["conv13"]);
    expect(scalesOf(presets["vgg-cifar"].build({}), "conv1")).toEqual(["conv1"]);
  });

  test("is every writer's on a residual stream", () => {
    expect(scalesOf(presets["resnet-cifar"].build({}), "stem")).toEqual([
      "stem",
      "stage1-block1-conv2",
      "stage1-block2-conv2",
      "stage1-block3-conv2",
    ]);
  });

  test("is missing in a network without batch norm, which slimming refuses", () => {
    const plain = presets.plain3.build({});
    const [first] = freeGroups(plain);

    expect(() => first && requireScales(plain, first)).toThrowError(
      expect.objectContaining({ exit: "usage", hint: expect.stringContaining("l1-prune") }),
    );
  });
});

test("a scale counts by its size, whatever its sign", () => {
  const network = presets["vgg-cifar"].build({ multiplier: 0.125 });
  const weights = new Map(exampleWeights(network));
  weights.set("conv0/gamma", Float64Array.of(1, -3, 0, 2, 1, 1, 1, 1) as unknown as Float32Array);

  const scales = scaleImportance(network, weights).get("conv0") ?? new Float64Array();

  expect([...scales].slice(0, 4)).toEqual([1, 3, 0, 2]);
  expect(mostImportant(scales, 2)).toEqual([1, 3]);
});

test("a filter's importance does not change when batch norm takes over a factor of it", () => {
  const network = exampleNetworks.convBatchNorm;
  const weights = exampleWeights(network);
  const [group] = freeGroups(network);
  const layer = group?.writers[0] ?? "";
  const factor = 3;
  const scaled = new Map(weights);
  scaled.set(
    `${layer}/kernel`,
    (weights.get(`${layer}/kernel`) ?? new Float32Array()).map((w) => factor * w),
  );
  // Outputs stay where the variance grows by the factor's square; epsilon disturbs little.
  scaled.set(
    `${layer}/moving_variance`,
    (weights.get(`${layer}/moving_variance`) ?? new Float32Array()).map((v) => factor ** 2 * v),
  );

  const [before, after] = [weights, scaled].map(
    (own) => filterImportance(network, own, { power: 1 }).get(group?.name ?? "") ?? [],
  );

  for (const [channel, value] of [...(before ?? [])].entries())
    expect((after?.[channel] ?? 0) / value).toBeCloseTo(1, 3);
});

describe("one threshold over all layers", () => {
  const importance = new Map([
    ["a", Float64Array.of(0.9, 0.1, 0.8, 0.2)],
    ["b", Float64Array.of(0.3, 0.4, 0.95, 0.05)],
  ]);
  const every = new Map([
    ["a", [1, 2, 3, 4]],
    ["b", [1, 2, 3, 4]],
  ]);
  const atMost = (channels: number) => (widths: ReadonlyMap<string, number>) =>
    [...widths.values()].reduce((sum, width) => sum + width, 0) <= channels;

  test("drops the least important channels, wherever they are, until the budget is met", () => {
    expect([...pruneByThreshold(importance, every, atMost(5))]).toEqual([
      ["a", 2],
      ["b", 3],
    ]);
  });

  test("keeps widths on offer, and the narrowest of them at least", () => {
    const offered = new Map([
      ["a", [2, 4]],
      ["b", [3, 4]],
    ]);

    expect([...pruneByThreshold(importance, offered, atMost(7))]).toEqual([
      ["a", 4],
      ["b", 3],
    ]);
    expect([...pruneByThreshold(importance, offered, () => false)]).toEqual([
      ["a", 2],
      ["b", 3],
    ]);
  });

  test("keeps no channel less important than one it drops, where every width is on offer", () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(values, values, fc.integer({ min: 2, max: 12 }), (a, b, most) => {
        const own = new Map([
          ["a", Float64Array.from(a)],
          ["b", Float64Array.from(b)],
        ]);
        const offered = new Map([
          ["a", a.map((_, i) => i + 1)],
          ["b", b.map((_, i) => i + 1)],
        ]);

        const widths = pruneByThreshold(own, offered, atMost(most));

        const parts = [...own].map(([group, of]) => {
          const kept = mostImportant(of, widths.get(group) ?? 0);
          const dropped = [...of.keys()].filter((channel) => !kept.includes(channel));
          return { kept: kept.map((i) => of[i] ?? 0), dropped: dropped.map((i) => of[i] ?? 0) };
        });
        // A group's last channel stays, however unimportant.
        const least = Math.min(
          ...parts.flatMap(({ kept }) => (kept.length > 1 ? kept : [Number.POSITIVE_INFINITY])),
        );
        for (const { dropped } of parts)
          for (const value of dropped) expect(value).toBeLessThanOrEqual(least);
      }),
      { seed: 3 },
    );
  });
});

test("pruned networks keep the importance of what is left", () => {
  const network = exampleNetworks.depthwise;
  const weights = exampleWeights(network);
  const before = filterImportance(network, weights, { power: 2 });
  const kept = mostImportant(before.get("conv1") ?? new Float64Array(), 2);

  const pruned = applyChannels(network, weights, new Map([["conv1", unchanged(kept)]]));

  const after = filterImportance(pruned.network, pruned.weights, { power: 2 }).get("conv1");
  expect([...(after ?? [])]).toEqual(kept.map((channel) => before.get("conv1")?.[channel]));
});
