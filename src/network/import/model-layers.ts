import type { OutlineNode } from "../../onnx/index.ts";
import { type Layer, type Padding, type Shape, shuffledChannels } from "../layer.ts";
import { attributes, type ImageWindow, type Known, windowOf } from "./node-values.ts";

/** What a node reads and gives, as a layer would. */
export interface NodePlace {
  readonly known: Known;
  /** Values read that are no constants. */
  readonly read: readonly string[];
  readonly step: Place;
  /** Which of equal runs of its input's channels the step is, where a node cuts them all. */
  readonly part?: number | undefined;
}

interface Place {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly in: Shape;
  readonly out: Shape;
}

/** The layer of ours that a node is; undefined where there is none. */
export const layerOf = (node: OutlineNode, place: NodePlace): Layer | undefined =>
  Object.hasOwn(layerRules, node.op) ? layerRules[node.op]?.(node, place) : undefined;

type LayerRule = (node: OutlineNode, context: NodePlace) => Layer | undefined;

const convolution: LayerRule = (node, { known, step, read }) => {
  const filter = known.get(node.inputs[1] ?? "")?.shape;
  const image = known.get(read[0] ?? "")?.shape;
  if (filter?.length !== 4 || image?.length !== 4) return undefined;
  const window = windowLayer(windowOf(node, image, filter.slice(2)), step);
  const group = attributes(node).number("group", 1);
  if (!window) return undefined;
  const common = {
    name: step.name,
    inputs: step.inputs,
    ...window,
    bias: node.inputs.length > 2,
    batchNorm: false,
    activation: "linear" as const,
  };
  if (group === 1) return { kind: "conv2d", width: step.out.channels, ...common };
  const isDepthwise = group === step.in.channels && step.out.channels === step.in.channels;
  return isDepthwise ? { kind: "depthwise_conv2d", ...common } : undefined;
};

const pooling =
  (mode: "max" | "average"): LayerRule =>
  (node, { known, step, read }) => {
    const image = known.get(read[0] ?? "")?.shape;
    const size = attributes(node).list("kernel_shape");
    if (image?.length !== 4 || !size) return undefined;
    const { name, inputs } = step;
    const isWhole = size[0] === step.in.height && size[1] === step.in.width;
    if (mode === "average" && isWhole && step.out.height * step.out.width === 1)
      return { kind: "global_pool", name, inputs };
    const window = windowLayer(windowOf(node, image, size), step);
    if (!window || window.kernelWidth !== undefined || window.strideWidth !== undefined)
      return undefined;
    const { kernelSize, stride, padding } = window;
    return { kind: "pool", name, inputs, mode, size: kernelSize, stride, padding };
  };

/** Where a window without dilation pads as "same" or "valid" do, whatever the side. */
function windowLayer(
  { size, strides, pads, dilations }: ImageWindow,
  { in: input, out }: Pick<Place, "in" | "out">,
) {
  if (dilations.some((dilation) => dilation !== 1)) return undefined;
  const lengths = [
    [input.height, out.height],
    [input.width, out.width],
  ] as const;
  const isSame = lengths.every(
    ([length, given], axis) => given === Math.ceil(length / (strides[axis] ?? 1)),
  );
  const isValid = pads.every((length) => length === 0);
  if (!isSame && !isValid) return undefined;
  // Of a window of one pixel both are true: layers of ours say "same" there, and "valid" of windows that tile an image.
  const isPixel = size[0] * size[1] === 1;
  const padding: Padding = isSame && (isPixel || !isValid) ? "same" : "valid";
  return {
    kernelSize: size[0],
    ...(size[1] === size[0] ? {} : { kernelWidth: size[1] }),
    stride: strides[0],
    ...(strides[1] === strides[0] ? {} : { strideWidth: strides[1] }),
    padding,
  };
}

const dense: LayerRule = (node, { known, step }) => {
  const weights = known.get(node.inputs[1] ?? "")?.shape;
  const rows = known.get(node.inputs[0] ?? "")?.shape;
  if (weights?.length !== 2 || rows?.length !== 2) return undefined;
  const { name, inputs, out } = step;
  const bias = node.inputs.length > 2;
  return { kind: "dense", name, inputs, width: out.channels, bias, activation: "linear" };
};

const mean: LayerRule = (node, { known, step, read }) => {
  const image = known.get(read[0] ?? "")?.shape;
  const axes = attributes(node).list("axes") ?? known.get(node.inputs[1] ?? "")?.values;
  const places = axes?.map((axis) => (axis < 0 ? axis + 4 : axis)).sort((a, b) => a - b);
  return image?.length === 4 && places?.join() === "2,3"
    ? { kind: "global_pool", name: step.name, inputs: step.inputs }
    : undefined;
};

const addition: LayerRule = (_, { known, step, read }) => {
  const [left, right] = read.map((name) => known.get(name)?.shape.join());
  const [a, b = a] = step.inputs;
  return left !== undefined && left === right && a !== undefined && b !== undefined
    ? { kind: "add", name: step.name, inputs: [a, b], activation: "linear" }
    : undefined;
};

/** Of images along their channels; what joins constants, or one image with itself, is no layer. */
const concatenation: LayerRule = (node, { known, step, read }) => {
  const axis = attributes(node).number("axis", 0);
  const [a, b, ...others] = step.inputs;
  const isOfImages = known.get(read[0] ?? "")?.shape?.length === 4 && (axis === 1 || axis === -3);
  return isOfImages &&
    step.inputs.length === node.inputs.length &&
    a !== undefined &&
    b !== undefined
    ? { kind: "concat", name: step.name, inputs: [a, b, ...others] }
    : undefined;
};

/** An image times one factor per channel. */
const multiplication: LayerRule = (_, { known, step, read }) => {
  const [image = [], factors = []] = read.map((name) => known.get(name)?.shape ?? []);
  const [a, b] = step.inputs;
  const isPerChannel = factors.join() === [...image.slice(0, 2), 1, 1].join();
  return image.length === 4 && isPerChannel && a !== undefined && b !== undefined
    ? { kind: "multiply", name: step.name, inputs: [a, b] }
    : undefined;
};

const valuesOf = (node: OutlineNode, known: Known, input: number): readonly number[] | undefined =>
  known.get(node.inputs[input] ?? "")?.values;

/** One of equal runs of the channels of an image. */
const slice: LayerRule = (node, { known, step, read }) => {
  const [start, end, axis, stride = [1]] = [1, 2, 3, 4].map((i) => valuesOf(node, known, i));
  if (known.get(read[0] ?? "")?.shape.length !== 4 || axis?.join() !== "1") return undefined;
  const [from = Number.NaN] = start ?? [];
  const channels = step.out.channels;
  const [parts, part] = [step.in.channels / channels, from / channels];
  return end?.length === 1 &&
    stride.join() === "1" &&
    Number.isInteger(parts) &&
    part >= 0 &&
    Number.isInteger(part)
    ? { kind: "channel_slice", name: step.name, inputs: step.inputs, part, parts }
    : undefined;
};

/** A gathering of all channels of an image that deals them out. */
const shuffle: LayerRule = (node, { known, step, read }) => {
  const places = valuesOf(node, known, 1);
  const isOfChannels = attributes(node).number("axis", 0) === 1;
  const { channels } = step.in;
  if (known.get(read[0] ?? "")?.shape.length !== 4 || !isOfChannels || places?.length !== channels)
    return undefined;
  // Output 1 is the first channel of the second run.
  const layer = {
    kind: "channel_shuffle",
    name: step.name,
    inputs: step.inputs,
    groups: channels / (places[1] ?? channels),
  } as const;
  return Number.isInteger(layer.groups) &&
    shuffledChannels(layer, channels).join() === places.join()
    ? layer
    : undefined;
};

/** Equal runs of the channels of an image, one a step. */
const split: LayerRule = (node, { known, step, read, part }) => {
  const parts = step.in.channels / step.out.channels;
  return part !== undefined &&
    attributes(node).number("axis", 0) === 1 &&
    known.get(read[0] ?? "")?.shape.length === 4
    ? { kind: "channel_slice", name: step.name, inputs: step.inputs, part, parts }
    : undefined;
};

/** Whether a transposition swaps groups of channels with what is in each, as between two reshapings that make and end groups. */
export const dealsChannels = (node: OutlineNode): boolean =>
  node.op === "Transpose" && attributes(node).list("perm")?.join() === "0,2,1,3,4";

const transposition: LayerRule = (node, { known, step, read }) => {
  const groups = known.get(read[0] ?? "")?.shape[1];
  return dealsChannels(node) && groups !== undefined
    ? { kind: "channel_shuffle", name: step.name, inputs: step.inputs, groups }
    : undefined;
};

const layerRules: Readonly<Record<string, LayerRule>> = {
  Conv: convolution,
  Gemm: dense,
  MatMul: dense,
  MaxPool: pooling("max"),
  AveragePool: pooling("average"),
  GlobalAveragePool: (_, { step }) => ({
    kind: "global_pool",
    name: step.name,
    inputs: step.inputs,
  }),
  ReduceMean: mean,
  Add: addition,
  Concat: concatenation,
  Mul: multiplication,
  Slice: slice,
  Gather: shuffle,
  Split: split,
  Transpose: transposition,
};
