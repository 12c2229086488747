import { kernelMacs, kernelParameters } from "../../src/network/costs.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import type { Activation, Shape } from "../../src/network/layer.ts";
import { type Random, shuffled } from "../../src/random.ts";
import { reachableNodes, sinksOf, tailsOf, type Wiring } from "./wiring.ts";

/** What a node does: a depthwise 3x3 and a 1x1 convolution, or a 1x1 convolution alone, each with batch norm and activation. */
export const nodeOperations = ["separable3x3", "conv1x1"] as const;
export type NodeOperation = (typeof nodeOperations)[number];

export interface ConvolutionalCell {
  readonly wiring: Wiring;
  /** Of nodes 1 to N - 1; node 0 is the cell's input. */
  readonly operations: readonly NodeOperation[];
}

/** Cells of one number of filters, one after the other; the first halves the resolution where `pool` is 2. */
export interface CellStage {
  readonly cells: number;
  readonly filters: number;
  readonly pool: 1 | 2;
}

/** A network of one cell repeated: stem, stages, a 1x1 convolution where `headWidth` is given, mean over positions, classifier. */
export interface CellStack {
  readonly input: Shape;
  readonly stem: { readonly width: number; readonly stride: number };
  readonly stages: readonly CellStage[];
  readonly headWidth?: number;
  readonly classes: number;
  readonly residual: boolean;
  readonly activation: Activation;
}

/** Operations of nodes 1 to `nodes - 1` in an order drawn by chance: as many of one as of the other, or one 1x1 more (AutoShrink's release). */
export const drawOperations = (nodes: number, random: Random): readonly NodeOperation[] =>
  shuffled(
    Array.from(
      { length: nodes - 1 },
      (_, i): NodeOperation => (i % 2 ? "separable3x3" : "conv1x1"),
    ),
    random,
  );

/**
 * The kernels of a network of cells, in execution order, one image at a time (AutoShrink, arXiv 1911.09251; the rules are its
 * release's). Several inputs of a node are concatenated along channels; the cell's output is the concatenation of its sinks,
 * plus, in a residual network, its input, through a 1x1 convolution where shapes differ; sinks are then linear.
 * Concatenations are no kernels: what their copies cost a device is not in the list.
 */
export function stackKernels(cell: ConvolutionalCell, stack: CellStack): readonly Kernel[] {
  const { input, stem, stages, headWidth, classes, activation } = stack;
  const kernels = [convolution(input, { kernelSize: 3, ...stem, variant: activation })];
  let shape = after(kernels[0] as Kernel);
  for (const { cells, filters, pool } of stages)
    for (let index = 0; index < cells; index++) {
      const placed = cellKernels(cell, shape, {
        filters,
        pool: index === 0 ? pool : 1,
        residual: stack.residual,
        activation,
      });
      kernels.push(...placed.kernels);
      shape = placed.out;
    }
  if (headWidth !== undefined) {
    kernels.push(convolution(shape, { width: headWidth, variant: activation }));
    shape = { ...shape, channels: headWidth };
  }
  const { channels } = shape;
  return [
    ...kernels,
    { ...kernelAt(shape), op: "global_pool", outChannels: channels, padding: "valid" },
    { ...kernelAt({ height: 1, width: 1, channels }), op: "dense", outChannels: classes },
  ];
}

/** Multiply-accumulates of one inference. */
export const stackMacs = (cell: ConvolutionalCell, stack: CellStack): number =>
  sum(stackKernels(cell, stack), kernelMacs);

/** Weights, and the classifier's biases; batch norm is not counted, as in the published counts. */
export const stackParameters = (cell: ConvolutionalCell, stack: CellStack): number =>
  sum(stackKernels(cell, stack), (kernel) => {
    const convolves = kernel.op === "conv2d" || kernel.op === "depthwise_conv2d";
    return kernelParameters(kernel) - (convolves ? kernel.outChannels : 0);
  });

/** What the stack's classifier reads: 1 x 1 x the channels of the last cell, or of the head. */
export function stackFeatures(cell: ConvolutionalCell, stack: CellStack): number {
  const classifier = stackKernels(cell, stack).at(-1) as Kernel;
  return classifier.inChannels;
}

interface CellPlace {
  readonly filters: number;
  readonly pool: 1 | 2;
  readonly residual: boolean;
  readonly activation: Activation;
}

/** The kernels of one cell, and the shape of its output. */
function cellKernels(
  { wiring, operations }: ConvolutionalCell,
  input: Shape,
  { filters, pool, residual, activation }: CellPlace,
): { readonly kernels: readonly Kernel[]; readonly out: Shape } {
  const pooled = pool === 1 ? [] : [maxPool(input)];
  const inner = pooled[0] ? after(pooled[0]) : input;
  const channelsOf = (node: number) => (node === 0 ? inner.channels : filters);
  const joined = (nodes: readonly number[]): Shape => ({
    ...inner,
    channels: sum(nodes, channelsOf),
  });
  const sinks = sinksOf(wiring);
  const nodes = [...reachableNodes(wiring)].filter((node) => node > 0);
  const out = joined(sinks);
  const shortcut =
    pool !== 1 || input.channels !== out.channels
      ? [convolution(input, { width: out.channels, stride: pool, variant: "linear" })]
      : [];
  return {
    kernels: [
      ...pooled,
      ...nodes.flatMap((node) => {
        const variant = residual && sinks.includes(node) ? "linear" : activation;
        const read = joined(tailsOf(wiring, node));
        return operations[node - 1] === "separable3x3"
          ? [depthwise(read, activation), convolution(read, { width: filters, variant })]
          : [convolution(read, { width: filters, variant })];
      }),
      ...(residual ? [...shortcut, addition(out)] : []),
    ],
    out,
  };
}

const kernelAt = ({ height, width, channels }: Shape) =>
  ({
    batch: 1,
    inHeight: height,
    inWidth: width,
    inChannels: channels,
    kernelSize: 1,
    stride: 1,
    groups: 1,
    padding: "valid",
    variant: "linear",
    dtype: "float32",
  }) as const;

interface Convolution {
  readonly width: number;
  readonly kernelSize?: number;
  readonly stride?: number;
  readonly variant: Activation;
}

const convolution = (input: Shape, { width, ...window }: Convolution): Kernel => ({
  ...kernelAt(input),
  ...window,
  op: "conv2d",
  padding: "same",
  outChannels: width,
});

const depthwise = (input: Shape, variant: Activation): Kernel => ({
  ...kernelAt(input),
  op: "depthwise_conv2d",
  outChannels: input.channels,
  kernelSize: 3,
  padding: "same",
  groups: input.channels,
  variant,
});

const maxPool = (input: Shape): Kernel => ({
  ...kernelAt(input),
  op: "pool",
  outChannels: input.channels,
  kernelSize: 2,
  stride: 2,
  padding: "same",
  variant: "max",
});

const addition = (shape: Shape): Kernel => ({
  ...kernelAt(shape),
  op: "add",
  outChannels: shape.channels,
});

/** Of a kernel padded "same". */
const after = ({ inHeight, inWidth, stride, outChannels }: Kernel): Shape => ({
  height: Math.ceil(inHeight / stride),
  width: Math.ceil(inWidth / stride),
  channels: outChannels,
});

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
