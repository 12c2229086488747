import fc from "fast-check";
import { expect, test } from "vitest";
import { marginalMacs, networkMacs } from "../../../src/network/costs.ts";
import type { Conv2dLayer, Layer } from "../../../src/network/layer.ts";
import { isWide } from "../../../src/network/layer.ts";
import { type Network, withWidths } from "../../../src/network/network.ts";
import { presets } from "../../../src/network/presets.ts";
import { freeGroups } from "../../../src/network/width-groups.ts";

const mobileNet = presets["mobilenet-v1-cifar"];
const seedWidths = [8, 8, 8, 8, 16, 16, 24, 24, 24, 24, 24, 24, 32, 32];
const names = mobileNet
  .build({})
  .layers.filter(isWide)
  .map(({ name }) => name)
  .slice(0, -1);
const withLayerWidths = (widths: readonly number[]): Network =>
  withWidths(
    mobileNet.build({ classes: 100 }),
    new Map(names.map((name, i) => [name, widths[i] ?? 1])),
  );
const growable = (network: Network) => freeGroups(network);

test("one more channel costs what the marginal table of the seed MobileNetV1 says", () => {
  const seed = withLayerWidths(seedWidths);

  expect(networkMacs(seed)).toBe(552_672);
  expect(growable(seed).map((group) => marginalMacs(seed, group))).toEqual([
    45056, 12544, 6400, 3648, 2112, 1552, 784, 912, 912, 912, 912, 548, 260, 228,
  ]);
});

test("marginal costs at the midpoint add up to the exact cost of any growth, which is bilinear", () => {
  const even = fc.integer({ min: 0, max: 12 }).map((half) => 2 * half);
  fc.assert(
    fc.property(fc.array(even, { minLength: 14, maxLength: 14 }), (added) => {
      const grown = (share: number) =>
        withLayerWidths(seedWidths.map((width, i) => width + share * (added[i] ?? 0)));
      const midpoint = grown(1 / 2);
      const sum = growable(midpoint).reduce(
        (total, group, i) => total + marginalMacs(midpoint, group) * (added[i] ?? 0),
        0,
      );

      expect(networkMacs(grown(1)) - networkMacs(grown(0))).toBe(sum);
    }),
    { seed: 5, numRuns: 30 },
  );
});

test("the seed MobileNetV2 with 1x1 skips counts 0.039113557 G", () => {
  expect(networkMacs(mobileNetV2Seed())).toBe(39_113_557);
});

/** Stem, 17 inverted residuals as [expansion, projection, stride, skip], last layer; 224x224x3, 1000 classes. */
function mobileNetV2Seed(): Network {
  const blocks: readonly (readonly [number, number, number, boolean])[] = [
    [30, 8, 2, false],
    [40, 8, 1, true],
    [40, 11, 2, false],
    [55, 11, 1, true],
    [55, 11, 1, true],
    [55, 22, 2, false],
    [110, 22, 1, true],
    [110, 22, 1, true],
    [100, 22, 1, true],
    [110, 33, 1, false],
    [165, 33, 1, true],
    [165, 33, 1, true],
    [165, 56, 2, false],
    [280, 56, 1, true],
    [280, 56, 1, true],
    [280, 112, 1, false],
  ];
  let from = "project0";
  const inverted = blocks.flatMap(([expansion, width, stride, skip], i): Layer[] => {
    const input = from;
    const project = conv(`project${i + 1}`, width);
    const shortcut: Layer = { ...conv(`skip${i + 1}`, width), inputs: [input] };
    const sum: Layer = {
      kind: "add",
      name: `add${i + 1}`,
      inputs: [project.name, shortcut.name],
      activation: "linear",
    };
    from = skip ? sum.name : project.name;
    return [
      { ...conv(`expand${i + 1}`, expansion), inputs: [input] },
      depthwise(`depthwise${i + 1}`, stride),
      project,
      ...(skip ? [shortcut, sum] : []),
    ];
  });
  return {
    name: "mobilenet-v2-seed",
    input: { height: 224, width: 224, channels: 3 },
    layers: [
      { ...conv("stem", 11), kernelSize: 3, stride: 2 },
      depthwise("depthwise0", 1),
      conv("project0", 6),
      ...inverted,
      conv("last", 448),
      { kind: "global_pool", name: "mean" },
      { kind: "dense", name: "logits", width: 1000, bias: true, activation: "linear" },
    ],
  };
}

function conv(name: string, width: number): Conv2dLayer {
  return {
    kind: "conv2d",
    name,
    width,
    kernelSize: 1,
    stride: 1,
    padding: "same",
    bias: false,
    batchNorm: true,
    activation: "swish",
  };
}

function depthwise(name: string, stride: number): Layer {
  return {
    kind: "depthwise_conv2d",
    name,
    kernelSize: 3,
    stride,
    padding: "same",
    bias: false,
    batchNorm: true,
    activation: "swish",
  };
}
