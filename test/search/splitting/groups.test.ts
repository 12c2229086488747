import { expect, test } from "vitest";
import { splittableGroups } from "../../../search/splitting/groups.ts";
import type { Network } from "../../../src/network/network.ts";
import { findPreset } from "../../../src/network/presets.ts";
import { exampleNetworks } from "../../support/reference/example-networks.ts";

const described = (network: Network) =>
  splittableGroups(network).map(({ theta, dimension, mixedAt, reason }) => ({
    writer: theta.map(({ writer }) => writer).join(),
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

test("the output is left alone, with the reason", () => {
  const reasons = described(exampleNetworks.skip).map(({ writer, reason }) => [writer, reason]);

  expect(reasons).toEqual([
    ["stem", undefined],
    ["expand", undefined],
    ["project,shortcut", undefined],
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

test("channels cut and dealt out are left alone; weighed by others of as many, or by themselves, they are not", () => {
  const reasonOf = (network: Network, layer: string) =>
    described(network).find(({ writer }) => writer === layer)?.reason;

  expect(reasonOf(exampleNetworks.weighed, "stem,excite")).toBeUndefined();
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

test("a residual stream's theta is the filters of all that write to it, and it is mixed wherever a block reads it", () => {
  const [stream] = splittableGroups(exampleNetworks.residual);

  // 3x3 filters of 2 channels; 4 channels and a bias; 4 channels.
  expect(stream?.theta.map(({ writer, offset }) => [writer, offset])).toEqual([
    ["stem", 0],
    ["outer1", 18],
    ["outer2", 18 + 5],
  ]);
  expect(stream?.dimension).toBe(18 + 5 + 4);
  expect(stream?.mixedAt).toEqual(["stem", "sum1", "sum2"]);
});

test("all 14 convolutions of MobileNetV1 can be split, and of ResNet-20 its blocks and its three streams", () => {
  const splittable = (name: string) =>
    splittableGroups(findPreset(name).build({})).filter(({ reason }) => reason === undefined);

  expect(splittable("mobilenet-v1-cifar")).toHaveLength(14);
  const writers = splittable("resnet-cifar").map(({ theta }) => theta.length);
  expect(writers.filter((count) => count === 1)).toHaveLength(9);
  expect(writers.filter((count) => count > 1)).toHaveLength(3);
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
