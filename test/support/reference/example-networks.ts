import type { Activation, Conv2dLayer, Layer, Shape } from "../../../src/network/layer.ts";
import { answersPerExample, type Network } from "../../../src/network/network.ts";
import { parametersOf, type Weights } from "../../../src/network/parameters.ts";
import { type Random, seededRandom } from "../../../src/random.ts";
import type { LabelledImages } from "./network.ts";

const image: Shape = { height: 5, width: 5, channels: 2 };

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
  activation: "swish",
  ...options,
});
export const pointwise = (
  name: string,
  width: number,
  options: Partial<Conv2dLayer> = {},
): Conv2dLayer => conv(name, width, { kernelSize: 1, ...options });
const depthwise = (name: string, activation: Activation, stride = 1): Layer => ({
  kind: "depthwise_conv2d",
  name,
  kernelSize: 3,
  stride,
  padding: "same",
  bias: false,
  batchNorm: true,
  activation,
});
const head: readonly Layer[] = [
  { kind: "global_pool", name: "mean" },
  { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
];

/** Small networks with every way in which a neuron's copies can meet; three classes. */
export const exampleNetworks = {
  dense: {
    name: "dense",
    input: { height: 1, width: 1, channels: 4 },
    layers: [
      { kind: "dense", name: "hidden", width: 3, bias: true, activation: "swish" },
      { kind: "dense", name: "second", width: 4, bias: true, activation: "tanh" },
      { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
    ],
  },
  convBatchNorm: { name: "conv-bn", input: image, layers: [conv("conv1", 3), ...head] },
  twoConvs: {
    name: "two-convs",
    input: image,
    layers: [conv("conv1", 3), conv("conv2", 4, { stride: 2 }), ...head],
  },
  depthwise: {
    name: "depthwise",
    input: image,
    layers: [conv("conv1", 3), depthwise("depthwise", "swish", 2), pointwise("conv2", 4), ...head],
  },
  oblong: {
    name: "oblong",
    input: { ...image, height: 9 },
    layers: [
      conv("conv1", 3, { kernelSize: 4, kernelWidth: 2, stride: 2, strideWidth: 1 }),
      {
        ...depthwise("depthwise", "swish"),
        kernelSize: 1,
        kernelWidth: 3,
        stride: 1,
        strideWidth: 2,
      } as Layer,
      pointwise("conv2", 4),
      ...head,
    ],
  },
  skip: {
    name: "skip",
    input: image,
    layers: [
      conv("stem", 3, { stride: 2 }),
      pointwise("expand", 4),
      depthwise("depthwise", "swish"),
      pointwise("project", 3, { activation: "linear" }),
      pointwise("shortcut", 3, { batchNorm: false, activation: "linear", inputs: ["stem"] }),
      { kind: "add", name: "sum", inputs: ["project", "shortcut"], activation: "linear" },
      pointwise("last", 4),
      ...head,
    ],
  },
  /** A stream that two blocks write to, mixed and passed on between them, one writer with a bias in theta. */
  residual: {
    name: "residual",
    input: image,
    layers: [
      conv("stem", 3, { stride: 2 }),
      pointwise("inner1", 4),
      pointwise("outer1", 3, { batchNorm: false, bias: true, activation: "linear" }),
      { kind: "add", name: "sum1", inputs: ["stem", "outer1"], activation: "swish" },
      pointwise("inner2", 4),
      depthwise("depthwise", "swish"),
      pointwise("outer2", 3, { activation: "linear" }),
      { kind: "add", name: "sum2", inputs: ["sum1", "outer2"], activation: "swish" },
      pointwise("last", 4),
      ...head,
    ],
  },
  joined: {
    name: "joined",
    input: image,
    layers: [
      conv("stem", 3, { stride: 2 }),
      pointwise("left", 2, { inputs: ["stem"] }),
      pointwise("right", 3, { activation: "tanh", inputs: ["stem"] }),
      { kind: "concat", name: "both", inputs: ["left", "right"] },
      depthwise("depthwise", "swish"),
      pointwise("last", 4),
      ...head,
    ],
  },
  weighed: {
    name: "weighed",
    input: image,
    layers: [
      conv("stem", 4, { stride: 2 }),
      { kind: "global_pool", name: "whole" },
      pointwise("squeeze", 3, { batchNorm: false, bias: true }),
      pointwise("excite", 4, { batchNorm: false, bias: true, activation: "sigmoid" }),
      { kind: "multiply", name: "weighed", inputs: ["stem", "excite"] },
      pointwise("last", 4),
      ...head,
    ],
  },
  /** Weighed by itself: one writer, and a product on the way to where channels are mixed. */
  gated: {
    name: "gated",
    input: image,
    layers: [
      conv("stem", 3, { stride: 2 }),
      { kind: "global_pool", name: "whole" },
      { kind: "multiply", name: "weighed", inputs: ["stem", "whole"] },
      pointwise("last", 4),
      ...head,
    ],
  },
  shuffled: {
    name: "shuffled",
    input: image,
    layers: [
      conv("stem", 6, { stride: 2 }),
      { kind: "channel_slice", name: "kept", inputs: ["stem"], part: 0, parts: 3 },
      { kind: "channel_slice", name: "worked", inputs: ["stem"], part: 2, parts: 3 },
      pointwise("branch", 4),
      { kind: "concat", name: "both", inputs: ["kept", "branch"] },
      { kind: "channel_shuffle", name: "dealt", groups: 2 },
      depthwise("depthwise", "swish"),
      pointwise("last", 4),
      ...head,
    ],
  },
  pooled: {
    name: "pooled",
    input: { ...image, height: 9, width: 8 },
    layers: [
      conv("conv1", 2, { batchNorm: false, bias: true, activation: "softplus" }),
      { kind: "pool", name: "max", mode: "max", size: 3, stride: 2, padding: "same" },
      conv("conv2", 3, { padding: "valid", activation: "sigmoid" }),
      { kind: "pool", name: "average", mode: "average", size: 2, stride: 1, padding: "valid" },
      pointwise("conv3", 3, { batchNorm: false, bias: true, activation: "tanh" }),
      ...head,
    ],
  },
  /** Five nodes and one that cites nobody, each answered. */
  graph: {
    name: "graph",
    input: { height: 6, width: 1, channels: 2 },
    layers: [
      pointwise("hidden", 3, { batchNorm: false, bias: true }),
      { kind: "propagate", name: "propagated", edges: [0, 1, 1, 2, 2, 0, 3, 1, 4, 3] },
      pointwise("logits", 3, { batchNorm: false, bias: true, activation: "linear" }),
    ],
  },
  graphMean: {
    name: "graph-mean",
    input: { height: 5, width: 1, channels: 2 },
    layers: [
      pointwise("hidden", 3, { activation: "tanh" }),
      { kind: "propagate", name: "propagated", edges: [0, 1, 1, 2, 2, 3, 4, 1] },
      pointwise("second", 4),
      ...head,
    ],
  },
} as const satisfies Record<string, Network>;

/** The same network with another activation wherever it has swish. */
export const withActivation = (network: Network, activation: Activation): Network => ({
  ...network,
  layers: network.layers.map((layer) =>
    "activation" in layer && layer.activation === "swish" ? { ...layer, activation } : layer,
  ),
});

/** Weights of unit scale with nothing at a round value; variances positive. */
export function exampleWeights(network: Network, random: Random = seededRandom(1)): Weights {
  return new Map(
    parametersOf(network).map(({ name, role, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const fanIn = Math.max(
        1,
        size / (shape.at(-1) ?? 1) / (shape.at(-1) === 1 ? (shape[2] ?? 1) : 1),
      );
      const draw = {
        kernel: () => random.normal() * Math.sqrt(2 / fanIn),
        bias: () => 0.3 * random.normal(),
        gamma: () => 1 + 0.3 * random.normal(),
        beta: () => 0.3 * random.normal(),
        moving_mean: () => 0.3 * random.normal(),
        moving_variance: () => 0.5 + random.uniform(),
      }[role];
      return [name, Float32Array.from({ length: size }, draw)];
    }),
  );
}

/** Images of standard normal pixels, rounded to float32, with random classes; of the nodes of graphs some have none. */
export function exampleImages(
  network: Network,
  count: number,
  random: Random = seededRandom(2),
): LabelledImages {
  const { input } = network;
  const answers = answersPerExample(network);
  const pixels = input.height * input.width * input.channels;
  return {
    images: Array.from({ length: count }, () =>
      Array.from({ length: pixels }, () => Math.fround(random.normal())),
    ),
    labels: Array.from({ length: count * answers }, (_, i) =>
      i % answers > 2 ? -1 : random.below(3),
    ),
  };
}
