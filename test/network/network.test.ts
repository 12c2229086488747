import fc from "fast-check";
import { expect, test } from "vitest";
import { networkMacs } from "../../src/network/costs.ts";
import { kernelKey, kernelsOf } from "../../src/network/kernel.ts";
import { placeLayers, withWidths } from "../../src/network/network.ts";
import { findPreset, presets } from "../../src/network/presets.ts";
import { widthGroups } from "../../src/network/width-groups.ts";

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
