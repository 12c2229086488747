import {
  type Conv2dLayer,
  type DepthwiseConv2dLayer,
  type Layer,
  windowStride,
} from "../src/network/layer.ts";
import type { Network } from "../src/network/network.ts";

/** Layers that can be repeated: a convolution that keeps its image's size, after a depthwise one that does, if any. */
interface Rung {
  /** Index of its last layer, after which copies go. */
  readonly last: number;
  readonly layers: readonly Layer[];
}

/** What can be repeated in a network without changing any other layer's shape, in network order. */
export function rungs({ layers }: Network): readonly Rung[] {
  return layers.flatMap((layer, last) => {
    const isLast = last === layers.length - 1;
    const before = layers[last - 1];
    if (isLast || layer.kind !== "conv2d" || !keepsSize(layer)) return [];
    // A copy reads the layer before it, which a layer that names its inputs would not; nor would the next one read the copy.
    if (layer.inputs || before?.inputs || layers[last + 1]?.inputs) return [];
    if (layers.some(({ inputs }) => inputs?.includes(layer.name))) return [];
    const paired = before?.kind === "depthwise_conv2d" && keepsSize(before) ? [before] : [];
    return [{ last, layers: [...paired, layer] }];
  });
}

const keepsSize = (layer: Conv2dLayer | DepthwiseConv2dLayer): boolean =>
  windowStride(layer).every((stride) => stride === 1) && layer.padding === "same";

/**
 * The network with one rung repeated: the same kernels, more of them. What a repetition adds is the cost of its kernels and
 * of calling them, many times over, so that costs far below the noise of a whole network show, and what a network costs
 * beyond its kernels is what does not grow. Copies have the rung's own width on both sides.
 */
export function withRungRepeated(network: Network, rung: Rung, copies: number): Network {
  const added = Array.from({ length: copies }, (_, copy) =>
    rung.layers.map((layer) => ({ ...layer, name: `${layer.name}-again${copy + 1}` })),
  ).flat();
  return {
    ...network,
    layers: [
      ...network.layers.slice(0, rung.last + 1),
      ...added,
      ...network.layers.slice(rung.last + 1),
    ],
  };
}
