import type { Conv2dLayer } from "../../../src/network/layer.ts";
import { type Network, withWidths } from "../../../src/network/network.ts";
import { type Preset, type PresetName, presets } from "../../../src/network/presets.ts";
import { freeGroups } from "../../../src/network/width-groups.ts";

/** A preset at the widths its search starts from (8 where it names none) times `factor`. */
export function seedNetwork(name: PresetName, { classes = 10, factor = 1 } = {}): Network {
  const preset: Preset = presets[name];
  const network = preset.build({ classes });
  const seed = preset.search?.seed ?? [];
  const groups = freeGroups(network);
  const widths = groups.flatMap(({ writers }, i) =>
    writers.map((writer) => [writer, (seed[i] ?? 8) * factor] as const),
  );
  return withWidths(network, new Map(widths));
}

/** 1x1 convolutions over one pixel, so that MACs are sums of products of neighbouring widths. */
export function pointwiseChain(input: number, widths: readonly number[], classes: number): Network {
  const layers = widths.map(
    (width, i): Conv2dLayer => ({
      kind: "conv2d",
      name: `conv${i + 1}`,
      width,
      kernelSize: 1,
      stride: 1,
      padding: "same",
      bias: false,
      batchNorm: false,
      activation: "relu",
    }),
  );
  return {
    name: "pointwise-chain",
    input: { height: 1, width: 1, channels: input },
    layers: [
      ...layers,
      { kind: "dense", name: "logits", width: classes, bias: false, activation: "linear" },
    ],
  };
}
