import fc from "fast-check";
import { expect, test } from "vitest";
import { networkMacs } from "../../src/network/costs.ts";
import { kernelKey, kernelsOf } from "../../src/network/kernel.ts";
import { shuffledChannels } from "../../src/network/layer.ts";
import { type Network, placeLayers, withWidths } from "../../src/network/network.ts";
import { conv, depthwise, head } from "../../src/network/presets/building.ts";
import { findPreset, presets } from "../../src/network/presets.ts";
import { freeGroups, widthGroups } from "../../src/network/width-groups.ts";
import { exampleNetworks } from "../support/reference/example-networks.ts";

const mobilenet = presets["mobilenet-v1-cifar"].build({ multiplier: 1 });

test("MobileNetV1-CIFAR ends on a 2x2 image of 1024 channels", () => {
  const last = placeLayers(mobilenet).find(({ layer }) => layer.name === "conv13");

  expect(last?.out).toEqual({ height: 2, width: 2, channels: 1024 });
});

test("a depthwise layer shares the width group of its producer", () => {
  const group = widthGroups(mobilenet).find(({ name }) => name === "conv3");

  expect(group?.layers).toEqual(["conv3", "depthwise4"]);
  expect(group?.consumers).toEqual(["conv4"]);
});

test("all writers of a residual stream share one width group", () => {
  const groups = widthGroups(presets["resnet-cifar"].build({}));

  const stage1 = groups.find(({ name }) => name === "stem");
  expect(stage1?.writers).toEqual([
    "stem",
    "stage1-block1-conv2",
    "stage1-block2-conv2",
    "stage1-block3-conv2",
  ]);
});

const joined: Network = {
  name: "joined",
  input: { height: 6, width: 6, channels: 2 },
  layers: [
    conv("stem", 3),
    conv("left", 2, { inputs: ["stem"] }),
    conv("right", 5, { inputs: ["stem"] }),
    { kind: "concat", name: "both", inputs: ["left", "stem", "right"] },
    depthwise("depthwise", 1),
    conv("last", 4),
    ...head(7),
  ],
};

test("a concatenation has the channels of all it reads, and is one kernel of so many", () => {
  const both = kernelsOf(joined).find(({ layer }) => layer === "both")?.kernel;

  expect(both).toMatchObject({ op: "concat", inHeight: 6, inChannels: 10, outChannels: 10 });
  expect(placeLayers(joined).find(({ layer }) => layer.name === "last")?.in.channels).toBe(10);
});

test("widths that a concatenation ties to others are not free", () => {
  const free = freeGroups(joined).map(({ name }) => name);

  expect(free).toEqual(["last"]);
  expect(widthGroups(joined).find(({ name }) => name === "both")).toMatchObject({
    layers: ["both", "depthwise"],
    writers: [],
    consumers: ["last"],
    tiedBy: "both",
    isFree: false,
  });
});

test("a wider input of a concatenation widens what reads it", () => {
  const wider = withWidths(joined, new Map([["right", 6]]));

  const widths = placeLayers(wider).map(({ layer, out }) => [layer.name, out.channels]);
  expect(Object.fromEntries(widths)).toMatchObject({ both: 11, depthwise: 11, last: 4 });
});

test("a concatenation of images of other sizes is refused with their shapes", () => {
  const broken = {
    ...joined,
    layers: joined.layers.map((layer) =>
      layer.name === "right" ? conv("right", 5, { stride: 2, inputs: ["stem"] }) : layer,
    ),
  };

  expect(() => placeLayers(broken)).toThrow(/"both" joins shapes 6x6x2 and 6x6x3 and 3x3x5/);
});

const changed = (network: Network, name: string, changes: object): Network => ({
  ...network,
  layers: network.layers.map((layer) =>
    layer.name === name ? ({ ...layer, ...changes } as typeof layer) : layer,
  ),
});

test.each([
  ["weighed", "excite", { width: 5 }, /multiplies shapes 3x3x4 and 1x1x5/],
  ["weighed", "weighed", { inputs: ["excite", "stem"] }, /multiplies shapes 1x1x4 and 3x3x4/],
  ["shuffled", "worked", { parts: 4 }, /"worked" cuts 6 channels into 4/],
  ["shuffled", "worked", { part: 3 }, /takes part 3 of 3/],
  ["shuffled", "dealt", { groups: 4 }, /"dealt" cuts 6 channels into 4/],
] as const)("%s channels with a wrong %s are refused", (name, layer, changes, problem) => {
  expect(() => placeLayers(changed(exampleNetworks[name], layer, changes))).toThrow(problem);
});

test("factors per channel share the width group of what they weigh", () => {
  const [group] = widthGroups(exampleNetworks.weighed);

  expect(group).toMatchObject({
    name: "stem",
    writers: ["stem", "excite"],
    layers: ["stem", "whole", "excite", "weighed"],
    consumers: ["squeeze", "last"],
    isFree: true,
  });
});

test("widths of channels that are cut or dealt out are not free", () => {
  expect(freeGroups(exampleNetworks.shuffled).map(({ name }) => name)).toEqual(["last"]);
});

test("a shuffle deals out two runs of channels in turns", () => {
  const layer = { kind: "channel_shuffle", name: "dealt", groups: 2 } as const;

  expect(shuffledChannels(layer, 6)).toEqual([0, 3, 1, 4, 2, 5]);
});

test("ResNet-20 has the 40.6 M multiply-accumulates He et al. count, and 0.2 M of its projections", () => {
  const macs = networkMacs(presets["resnet-cifar"].build({}));

  expect(macs).toBeGreaterThan(40.5e6);
  expect(macs).toBeLessThan(41.5e6);
});

test("changing one width changes the kernels that read and write it and no others", () => {
  const net = presets["mnist-cnn"].build({});

  const before = kernelsOf(net).map(({ kernel }) => kernelKey(kernel));
  const after = kernelsOf(withWidths(net, new Map([["conv2", 33]]))).map(({ layer, kernel }) => ({
    layer,
    key: kernelKey(kernel),
  }));

  const changed = after.filter(({ key }, i) => key !== before[i]).map(({ layer }) => layer);
  expect(changed).toEqual(["conv2", "pool2", "conv3"]);
});

test("a layer that reads an unknown layer is refused with its name", () => {
  const broken = {
    ...mobilenet,
    layers: mobilenet.layers.map((layer) => ({ ...layer, inputs: ["nowhere"] as const })),
  };

  expect(() => placeLayers(broken as typeof mobilenet)).toThrow(/conv0.*nowhere/);
});

test("an unknown preset is refused with the nearest name first", () => {
  expect(() => findPreset("mnist-cn")).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/^Known: mnist-cnn,/) }),
  );
});

test("MACs never fall when any width grows", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 }), (width, more) => {
      const net = presets["mnist-cnn"].build({});
      const at = (value: number) => networkMacs(withWidths(net, new Map([["conv2", value]])));

      expect(at(width + more)).toBeGreaterThan(at(width));
    }),
  );
});
