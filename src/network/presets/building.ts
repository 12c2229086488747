import type { OperatorSpace } from "../blocks/operator-space.ts";
import type { Conv2dLayer, DepthwiseConv2dLayer, Layer, Shape } from "../layer.ts";
import type { Network } from "../network.ts";

/** A network family that can be built at any width multiplier. */
export interface Preset {
  readonly summary: string;
  /** Widths are the reference ones times `multiplier`, at least `minimum`. */
  build(options: PresetOptions): Network;
  /** Where blocks of the network may be filled by several operators: `build` gives the path of fewest multiply-accumulates. */
  operators?(options: PresetOptions): OperatorSpace;
  /** Per width group that can grow, in network order: where a search starts and the widest it may become. */
  readonly search?: { readonly seed: readonly number[]; readonly cap: readonly number[] };
}

export interface PresetOptions {
  readonly multiplier?: number;
  readonly classes?: number;
}

export const cifar: Shape = { height: 32, width: 32, channels: 3 };
export const mnist: Shape = { height: 28, width: 28, channels: 1 };
export const mfcc: Shape = { height: 49, width: 10, channels: 1 };
export const imagenet: Shape = { height: 224, width: 224, channels: 3 };

export const conv = (
  name: string,
  width: number,
  options: Partial<Conv2dLayer> = {},
): Conv2dLayer => ({
  kind: "conv2d",
  name,
  width,
  kernelSize: 3,
  stride: 1,
  padding: "same",
  bias: false,
  batchNorm: true,
  activation: "relu",
  ...options,
});
export const depthwise = (name: string, stride: number): DepthwiseConv2dLayer => ({
  kind: "depthwise_conv2d",
  name,
  kernelSize: 3,
  stride,
  padding: "same",
  bias: false,
  batchNorm: true,
  activation: "relu",
});
export const pool = (name: string): Layer => ({
  kind: "pool",
  name,
  mode: "max",
  size: 2,
  stride: 2,
  padding: "valid",
});
export const head = (classes: number): readonly Layer[] => [
  { kind: "global_pool", name: "pool" },
  { kind: "dense", name: "logits", width: classes, bias: true, activation: "linear" },
];
export const scale =
  (multiplier: number) =>
  (width: number): number =>
    Math.max(8, Math.floor(width * multiplier));
