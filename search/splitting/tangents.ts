import {
  type Conv2dLayer,
  type DenseLayer,
  type LayerKind,
  windowStride,
} from "../../src/network/layer.ts";
import type { PlacedLayer } from "../../src/network/network.ts";
import { batchNormEpsilon, type ParameterRole } from "../../src/network/parameters.ts";
import { propagationOf } from "../../src/network/propagation.ts";
import { tf } from "../../src/tensor/index.ts";
import { layerWeights, type WeightTensors } from "../../src/training/forward.ts";
import { propagateImage } from "../../src/training/graph/propagation.ts";
import { activateOrWait, type Tangent } from "./activation-curvature.ts";
import { maxPoolAlong } from "./max-pool-tangent.ts";

/** A direction in the space of theta for every neuron of a layer, shaped as the layer stores its weights. */
export interface Theta {
  readonly kernel: tf.Tensor;
  /** [width]; absent where the bias is not part of theta. */
  readonly bias?: tf.Tensor;
}

/** Who reads a layer, as far as it matters to what is computed of it. */
interface Reading {
  /** Max pooling, and nothing else. */
  readonly isMaxPooled: boolean;
}

/** h(theta) of a conv2d or dense layer reading x, and its derivative along `direction`. */
export function writerAlong(
  placed: PlacedLayer,
  weights: WeightTensors,
  x: tf.Tensor,
  direction: Theta,
  reading: Reading,
): Tangent {
  const layer = placed.layer as Conv2dLayer | DenseLayer;
  const map = (kernel: tf.Tensor): tf.Tensor =>
    layer.kind === "conv2d"
      ? tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, [...windowStride(layer)], layer.padding)
      : tf.reshape(tf.matMul(tf.reshape(x, [-1, placed.in.channels]), kernel), [
          -1,
          1,
          1,
          placed.out.channels,
        ]);
  const read = layerWeights(weights, layer.name);
  const along = map(direction.kernel);
  return finish(
    placed,
    read,
    {
      value: map(read("kernel")),
      along: direction.bias ? tf.add(along, direction.bias) : along,
    },
    reading,
  );
}

/** The same for a layer that keeps its channels apart, from the tangents of what it reads. */
export function channelwiseAlong(
  placed: PlacedLayer,
  weights: WeightTensors,
  inputs: readonly Tangent[],
  reading: Reading,
): Tangent {
  // The table is indexed by the layer's own kind, which the compiler cannot follow through a union.
  const rule = rules[placed.layer.kind] as Rule<LayerKind>;
  const read = layerWeights(weights, placed.layer.name);
  return finish(placed, read, rule(placed, inputs, read), reading);
}

type Rule<K extends LayerKind> = (
  placed: PlacedLayer<K>,
  inputs: readonly Tangent[],
  read: (role: ParameterRole) => tf.Tensor,
) => Tangent;

const mixing = ({ layer }: PlacedLayer): never => {
  throw new Error(`Layer "${layer.name}" mixes channels`);
};

const refused = ({ layer }: PlacedLayer): never => {
  throw new Error(`Channels do not pass "${layer.name}": their group is refused`);
};

const rules: { readonly [K in LayerKind]: Rule<K> } = {
  conv2d: mixing,
  dense: mixing,
  depthwise_conv2d: ({ layer }, inputs, read) => {
    const kernel = read("kernel") as tf.Tensor4D;
    return both(only(inputs), (x) =>
      tf.depthwiseConv2d(x, kernel, [...windowStride(layer)], layer.padding),
    );
  },
  pool: ({ layer }, inputs) =>
    layer.mode === "max"
      ? maxPoolAlong(only(inputs), layer)
      : both(only(inputs), (x) => tf.avgPool(x, layer.size, layer.stride, layer.padding)),
  global_pool: (_, inputs) => both(only(inputs), (x) => tf.mean(x, [1, 2], true)),
  concat: refused,
  channel_slice: refused,
  channel_shuffle: refused,
  propagate: ({ layer: { edges }, out: { height: nodes } }, inputs) => {
    const propagation = propagationOf({ nodes, edges });
    return both(only(inputs), (x) => propagateImage(propagation, x));
  },
  multiply: (_, inputs) => {
    const [image, factors] = inputs;
    if (!image || !factors) throw new Error("A multiplication reads two layers");
    return {
      value: tf.mul(image.value, factors.value),
      along: tf.add(tf.mul(image.along, factors.value), tf.mul(image.value, factors.along)),
    };
  },
  add: (_, inputs) => {
    const [left, right] = inputs;
    if (!left || !right) throw new Error("An addition reads two layers");
    return { value: tf.add(left.value, right.value), along: tf.add(left.along, right.along) };
  },
};

function only(inputs: readonly Tangent[]): Tangent {
  const [input] = inputs;
  if (!input) throw new Error("A layer reads another one");
  return input;
}

/** A linear map and its derivative, which is itself. */
const both = ({ value, along }: Tangent, map: (x: tf.Tensor4D) => tf.Tensor): Tangent => ({
  value: map(value as tf.Tensor4D),
  along: map(along as tf.Tensor4D),
});

/** Bias, frozen batch norm and activation, each where the layer has it. */
function finish(
  { layer }: PlacedLayer,
  read: (role: ParameterRole) => tf.Tensor,
  { value, along, pending = "linear" }: Tangent,
  reading: Reading,
): Tangent {
  let moved: Tangent = { value, along };
  if ("bias" in layer && layer.bias) moved = { value: tf.add(value, read("bias")), along };
  if ("batchNorm" in layer && layer.batchNorm) moved = normalize(moved, read);
  // Only max pooling has one pending, and none of its own.
  return activateOrWait("activation" in layer ? layer.activation : pending, moved, reading);
}

/** y = scale x + shift with moving moments, written as in `batchNormEval`; the shift has no derivative. */
function normalize({ value, along }: Tangent, read: (role: ParameterRole) => tf.Tensor): Tangent {
  const deviation = tf.rsqrt(tf.add(read("moving_variance"), batchNormEpsilon));
  const scale = tf.mul(read("gamma"), deviation);
  const shift = tf.sub(read("beta"), tf.mul(read("moving_mean"), scale));
  return { value: tf.add(tf.mul(value, scale), shift), along: tf.mul(along, scale) };
}
