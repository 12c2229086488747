import { type Kernel, type KernelOp, kernelsOf } from "./kernel.ts";
import { type Shape, windowArea, windowSize, windowStride } from "./layer.ts";
import { type Network, networkInput, placeLayers, withWidths } from "./network.ts";
import type { WidthGroup } from "./width-groups.ts";

/** Output positions of a kernel, batch included. */
export function outputPositions(kernel: Kernel): number {
  const { batch, inHeight, inWidth, padding } = kernel;
  const along = (length: number, size: number, stride: number) =>
    Math.ceil((padding === "same" ? length : length - size + 1) / stride);
  const [sizes, strides] = [windowSize(kernel), windowStride(kernel)];
  return batch * along(inHeight, sizes[0], strides[0]) * along(inWidth, sizes[1], strides[1]);
}

const macRules: { readonly [Op in KernelOp]: (kernel: Kernel) => number } = {
  conv2d: (kernel) =>
    outputPositions(kernel) * windowArea(kernel) * kernel.inChannels * kernel.outChannels,
  depthwise_conv2d: (kernel) => outputPositions(kernel) * windowArea(kernel) * kernel.outChannels,
  dense: (kernel) => kernel.batch * kernel.inChannels * kernel.outChannels,
  pool: () => 0,
  global_pool: () => 0,
  add: () => 0,
  concat: () => 0,
  multiply: () => 0,
  channel_slice: () => 0,
  channel_shuffle: () => 0,
  propagate: ({ batch, kernelSize, outChannels }) => batch * kernelSize * outChannels,
};

/** Multiply-accumulates of one run of a kernel. Pooling, factors per channel, what moves data, and activations count none, as in the papers. */
export const kernelMacs = (kernel: Kernel): number => macRules[kernel.op](kernel);

const parameterRules: { readonly [Op in KernelOp]: (kernel: Kernel) => number } = {
  conv2d: (kernel) =>
    windowArea(kernel) * kernel.inChannels * kernel.outChannels + kernel.outChannels,
  depthwise_conv2d: (kernel) => windowArea(kernel) * kernel.outChannels + kernel.outChannels,
  dense: ({ inChannels, outChannels }) => inChannels * outChannels + outChannels,
  pool: () => 0,
  global_pool: () => 0,
  add: () => 0,
  concat: () => 0,
  multiply: () => 0,
  channel_slice: () => 0,
  channel_shuffle: () => 0,
  propagate: () => 0,
};

/** Parameters a device stores for a kernel: batch norm is folded, so one bias per output channel. */
export const kernelParameters = (kernel: Kernel): number => parameterRules[kernel.op](kernel);

const total = (network: Network, of: (kernel: Kernel) => number): number =>
  kernelsOf(network).reduce((sum, { kernel }) => sum + of(kernel), 0);

/** Multiply-accumulates of one inference. */
export const networkMacs = (network: Network): number => total(network, kernelMacs);

/** Parameters of the deployed network. */
export const networkParameters = (network: Network): number => total(network, kernelParameters);

/** The output of a layer, or the network's input, in memory. */
export interface ActivationTensor {
  readonly layer: string;
  readonly channels: number;
  readonly bytesPerChannel: number;
}

/** Activations are float32. */
const bytesPerValue = 4;

/**
 * The activations in memory while each layer runs, in order: its inputs, its output, and what later layers still read.
 * One image at a time; batch norm and activation functions are part of the layer before, nothing is computed in place.
 */
export function activationsInMemory(network: Network): readonly (readonly ActivationTensor[])[] {
  const placed = placeLayers(network);
  const lastReader = new Map<string, number>();
  for (const [step, { inputs }] of placed.entries())
    for (const name of inputs) lastReader.set(name, step);
  const tensor = (layer: string, { height, width, channels }: Shape): ActivationTensor => ({
    layer,
    channels,
    bytesPerChannel: bytesPerValue * height * width,
  });
  let alive = [tensor(networkInput, network.input)];
  return placed.map(({ layer, out }, step) => {
    const during = [...alive, tensor(layer.name, out)];
    alive = during.filter(({ layer: name }) => (lastReader.get(name) ?? -1) > step);
    return during;
  });
}

/**
 * Peak activation memory of one inference, bytes: the most that activations take while any one layer runs
 * (`activationsInMemory`), as microcontroller runtimes lay them out (MCUNet, Lin et al. 2020, section 3). Weights and
 * the kernels' own scratch memory are not counted.
 */
export const networkPeakMemory_bytes = (network: Network): number =>
  Math.max(
    ...activationsInMemory(network).map((tensors) =>
      tensors.reduce((sum, { channels, bytesPerChannel }) => sum + channels * bytesPerChannel, 0),
    ),
  );

/**
 * MACs added by `by` more channels in every writer of a group: MACs(width + by) - MACs(width) of the whole
 * network, so depthwise layers and consumers count too.
 */
export function marginalMacs(network: Network, group: WidthGroup, by = 1): number {
  const widths = new Map(group.writers.map((writer) => [writer, group.width + by]));
  return networkMacs(withWidths(network, widths)) - networkMacs(network);
}
