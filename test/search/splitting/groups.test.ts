import { expect, test } from "vitest";
import { splittableGroups } from "../../../search/splitting/groups.ts";
import type { Network } from "../../../src/network/network.ts";
import { findPreset } from "../../../src/network/presets.ts";
import { exampleNetworks } from "../../support/reference/example-networks.ts";

const described = (network: Network) =>
  splittableGroups(network).map(({ writer, dimension, mixedAt, reason }) => ({
    writer,
    dimension,
    mixedAt: mixedAt.join(),
    reason,
  }));

test("theta is the filter, and the bias where no batch norm follows", () => {
  const dimensions = (network: Network) => described(network).map(({ dimension }) => dimension);

  expect(dimensions(exampleNetworks.dense)).toEqual([4 + 1, 3 + 1, 4 + 1]);
  expect(dimensions(exampleNetworks.depthwise)).toEqual([9 * 2, 3, 4 + 1]);
});

test("copies meet where the next layer mixes channels: after the depthwise layer, or after pooling", () => {
  expect(described(exampleNetworks.depthwise).map(({ mixedAt }) => mixedAt)).toEqual([
    "depthwise",
    "mean",
    "",
  ]);
});

test("the output and residual streams of several writers are left alone, with the reason", () => {
  const reasons = described(exampleNetworks.skip).map(({ writer, reason }) => [writer, reason]);

  expect(reasons).toEqual([
    ["stem", undefined],
    ["expand", undefined],
    ["project", "several layers write to this residual stream"],
    ["last", undefined],
    ["logits", "its channels are the network's output"],
  ]);
});

test("what a concatenation joins is left alone, with the reason; what reads it is not", () => {
  const reasons = described(exampleNetworks.joined).map(({ writer, reason }) => [writer, reason]);

  const tied = '"both" ties its width to other layers\'';
  expect(reasons).toEqual([
    ["stem", undefined],
    ["left", tied],
    ["right", tied],
    ["last", undefined],
    ["logits", "its channels are the network's output"],
  ]);
});

test("channels weighed by others of as many, cut and dealt out are left alone; weighed by themselves they are not", () => {
  const reasonOf = (network: Network, layer: string) =>
    described(network).find(({ writer }) => writer === layer)?.reason;

  expect(reasonOf(exampleNetworks.weighed, "stem")).toMatch(/^several layers write/);
  expect(reasonOf(exampleNetworks.shuffled, "stem")).toMatch(/^"worked" ties its width/);
  expect(reasonOf(exampleNetworks.shuffled, "branch")).toMatch(/^"both" ties its width/);
  expect(reasonOf(exampleNetworks.gated, "stem")).toBeUndefined();
});

test("a product makes its channels' group no linear one", () => {
  const linear: Network = {
    ...exampleNetworks.gated,
    layers: exampleNetworks.gated.layers.map((layer) =>
      layer.name === "stem" ? ({ ...layer, activation: "linear" } as typeof layer) : layer,
    ),
  };

  const [stem] = splittableGroups(linear);

  expect(stem?.isLinear).toBe(false);
});

test("all 14 convolutions of MobileNetV1 can be split, and of ResNet-20 the inner ones of its blocks", () => {
  const splittable = (name: string) =>
    splittableGroups(findPreset(name).build({})).filter(({ reason }) => reason === undefined);

  expect(splittable("mobilenet-v1-cifar")).toHaveLength(14);
  expect(splittable("resnet-cifar").map(({ writer }) => writer)).toEqual(
    [1, 2, 3].flatMap((stage) => [1, 2, 3].map((block) => `stage${stage}-block${block}-conv1`)),
  );
});

test("channels that are mixed and passed on at the same place cannot be split", () => {
  const forked: Network = {
    ...exampleNetworks.skip,
    layers: exampleNetworks.skip.layers.map((layer) =>
      layer.kind === "conv2d" && layer.name === "shortcut"
        ? { ...layer, inputs: ["expand"] }
        : layer,
    ),
  };

  const expand = described(forked).find(({ writer }) => writer === "expand");

  expect(expand?.reason).toBe('its channels are both mixed and passed on after layer "expand"');
});

test("a group without activation on its way is linear", () => {
  const linear: Network = {
    name: "linear",
    input: { height: 1, width: 1, channels: 3 },
    layers: [
      { kind: "dense", name: "hidden", width: 2, bias: true, activation: "linear" },
      { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
    ],
  };

  expect(splittableGroups(linear)[0]?.isLinear).toBe(true);
});
