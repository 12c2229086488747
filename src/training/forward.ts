import { type Layer, type LayerKind, windowStride } from "../network/layer.ts";
import {
  answersPerExample,
  type Network,
  networkInput,
  type PlacedLayer,
  placeLayers,
} from "../network/network.ts";
import type { ParameterRole } from "../network/parameters.ts";
import { propagationOf } from "../network/propagation.ts";
import { tf } from "../tensor/index.ts";
import { activate } from "./activations.ts";
import { type BatchMoments, batchMoments, batchNormEval, batchNormTrain } from "./batch-norm.ts";
import { propagateImage } from "./graph/propagation.ts";

export type WeightTensors = Readonly<Record<string, tf.Tensor>>;

export interface ForwardOptions {
  /** Batch norm uses the batch's own moments instead of the moving ones. */
  readonly training: boolean;
  /** Called with every layer's output; what it returns is used instead. */
  readonly at?: (layer: string, output: tf.Tensor) => tf.Tensor;
  /** The same for what one layer reads of another, or of the network's input. */
  readonly reads?: (reader: Layer, layer: string, output: tf.Tensor) => tf.Tensor;
  /** The same with what a layer computes of its inputs before bias, batch norm and activation. */
  readonly atLinear?: LinearHook;
}

export type LinearHook = (
  placed: PlacedLayer,
  inputs: readonly tf.Tensor[],
  output: tf.Tensor,
) => tf.Tensor;

export interface ForwardResult {
  /** [batch, classes], or of a graph [batch * nodes, classes] */
  readonly logits: tf.Tensor2D;
  /** In training: the moments of every layer with batch norm. */
  readonly moments: ReadonlyMap<string, BatchMoments>;
}

/** Runs the network on x [batch, height, width, channels]. */
export function forward(
  network: Network,
  weights: WeightTensors,
  x: tf.Tensor4D,
  options: ForwardOptions,
): ForwardResult {
  const { image, moments } = forwardImage(network, weights, x, options);
  const rows = x.shape[0] * answersPerExample(network);
  return { logits: tf.reshape(image, [rows, -1]) as tf.Tensor2D, moments };
}

/** What the last layer gives, as an image [batch, height, width, channels], and the moments as above. */
export function forwardImage(
  network: Network,
  weights: WeightTensors,
  x: tf.Tensor4D,
  {
    training,
    at = (_, output) => output,
    reads = (_, __, output) => output,
    atLinear = (_, __, output) => output,
  }: ForwardOptions,
): { readonly image: tf.Tensor4D } & Pick<ForwardResult, "moments"> {
  const moments = new Map<string, BatchMoments>();
  const outputs = new Map<string, tf.Tensor>([[networkInput, x]]);
  let last: tf.Tensor = x;
  for (const placed of placeLayers(network)) {
    const inputs = placed.inputs.map((name) =>
      reads(placed.layer, name, outputs.get(name) as tf.Tensor),
    );
    last = at(
      placed.layer.name,
      runLayer(placed, inputs, { weights, training, moments, atLinear }),
    );
    outputs.set(placed.layer.name, last);
  }
  return { image: last as tf.Tensor4D, moments };
}

interface Context {
  readonly weights: WeightTensors;
  readonly training: boolean;
  readonly moments: Map<string, BatchMoments>;
  readonly atLinear: LinearHook;
}

/** The weights of one layer by role; a missing one is a bug in the caller. */
export function layerWeights(
  weights: WeightTensors,
  layer: string,
): (role: ParameterRole) => tf.Tensor {
  return (role) => {
    const found = weights[`${layer}/${role}`];
    if (!found) throw new Error(`No weights "${layer}/${role}"`);
    return found;
  };
}

type LinearRule<K extends LayerKind> = (
  placed: PlacedLayer<K>,
  inputs: readonly tf.Tensor[],
  read: (role: ParameterRole) => tf.Tensor,
) => tf.Tensor;

const [first, second] = [0, 1].map(
  (i) => (tensors: readonly tf.Tensor[]) => tensors[i] as tf.Tensor4D,
) as [
  (tensors: readonly tf.Tensor[]) => tf.Tensor4D,
  (tensors: readonly tf.Tensor[]) => tf.Tensor4D,
];

/** What each layer kind computes before bias, batch norm and activation. */
const linearRules: { readonly [K in LayerKind]: LinearRule<K> } = {
  conv2d: ({ layer }, inputs, read) =>
    tf.conv2d(
      first(inputs),
      read("kernel") as tf.Tensor4D,
      [...windowStride(layer)],
      layer.padding,
    ),
  depthwise_conv2d: ({ layer }, inputs, read) =>
    tf.depthwiseConv2d(
      first(inputs),
      read("kernel") as tf.Tensor4D,
      [...windowStride(layer)],
      layer.padding,
    ),
  dense: ({ in: input, out }, inputs, read) => {
    const rows = tf.reshape(first(inputs), [-1, input.channels]);
    return tf.reshape(tf.matMul(rows, read("kernel")), [-1, 1, 1, out.channels]);
  },
  pool: ({ layer }, inputs) =>
    (layer.mode === "max" ? tf.maxPool : tf.avgPool)(
      first(inputs),
      layer.size,
      layer.stride,
      layer.padding,
    ),
  global_pool: (_, inputs) => tf.mean(first(inputs), [1, 2], true),
  add: (_, inputs) => tf.add(first(inputs), second(inputs)),
  concat: (_, inputs) => tf.concat(inputs as tf.Tensor4D[], 3),
  multiply: (_, inputs) => tf.mul(first(inputs), second(inputs)),
  channel_slice: ({ layer, out }, inputs) =>
    tf.slice(first(inputs), [0, 0, 0, layer.part * out.channels], [-1, -1, -1, out.channels]),
  channel_shuffle: ({ layer, out }, inputs) => {
    const { height, width, channels } = out;
    const runs = tf.reshape(first(inputs), [
      -1,
      height * width,
      layer.groups,
      channels / layer.groups,
    ]);
    return tf.reshape(tf.transpose(runs, [0, 1, 3, 2]), [-1, height, width, channels]);
  },
  propagate: ({ layer: { edges }, out: { height: nodes } }, inputs) =>
    propagateImage(propagationOf({ nodes, edges }), first(inputs)),
};

function runLayer(placed: PlacedLayer, inputs: readonly tf.Tensor[], context: Context): tf.Tensor {
  const { layer } = placed;
  const read = layerWeights(context.weights, layer.name);
  // The table is indexed by the layer's own kind, which the compiler cannot follow through a union.
  const rule = linearRules[layer.kind] as LinearRule<LayerKind>;
  let output = context.atLinear(placed, inputs, rule(placed, inputs, read));
  if ("bias" in layer && layer.bias) output = tf.add(output, read("bias"));
  if ("batchNorm" in layer && layer.batchNorm) output = normalize(layer.name, output, context);
  return "activation" in layer ? activate[layer.activation](output) : output;
}

function normalize(
  layer: string,
  x: tf.Tensor,
  { weights, training, moments }: Context,
): tf.Tensor {
  const read = layerWeights(weights, layer);
  const [gamma, beta] = [read("gamma") as tf.Tensor1D, read("beta") as tf.Tensor1D];
  if (!training)
    return batchNormEval(x, gamma, beta, {
      mean: read("moving_mean"),
      variance: read("moving_variance"),
    });
  const own = batchMoments(x);
  moments.set(layer, own);
  return batchNormTrain(x, gamma, beta, own);
}
