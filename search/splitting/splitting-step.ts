import type { Layer } from "../../src/network/layer.ts";
import {
  type Network,
  networkInput,
  type PlacedLayer,
  placeLayers,
} from "../../src/network/network.ts";
import { parametersOf } from "../../src/network/parameters.ts";
import { type TensorSpec, tf } from "../../src/tensor/index.ts";
import { forward, type WeightTensors } from "../../src/training/forward.ts";
import { crossEntropy } from "../../src/training/losses.ts";
import {
  batchInputs,
  labelsOf,
  type StepProgram,
  weightState,
} from "../../src/training/train-step.ts";
import type { Tangent } from "./activation-curvature.ts";
import { type SplittingGroup, type ThetaPart, thetaArrays } from "./groups.ts";
import { channelwiseAlong, type Theta, writerAlong } from "./tangents.ts";

/** Input of the step: directions [neurons, d] of a group. */
export const directionName = (group: string): string => `direction:${group}`;
/** Output of the step: S v [neurons, d] of a group. */
export const productName = (group: string): string => `product:${group}`;

/**
 * S v of every neuron of these groups as one tensor function. Inputs: x, y, every parameter, directions;
 * outputs: loss, products. A forward and a backward pass give the input of every writer and g = dL/dh
 * where channels get mixed. Then S v = grad_theta <g, h'(theta; v)>, h' in forward mode and its gradient
 * in reverse mode: exact by first-order autodiff, for depthwise composites too.
 */
export function splittingStep(
  network: Network,
  groups: readonly SplittingGroup[],
  { batch }: { readonly batch: number },
): StepProgram {
  const placed = new Map(placeLayers(network).map((layer) => [layer.layer.name, layer]));
  return {
    fn: (inputs) => {
      const seen = observe(network, groups, inputs, placed);
      const products = multiplyAll(groups, inputs, (group, weights) => {
        const ends = channelsAlong(group, weights, { placed, read: seen.read });
        return ends.map(([layer, { along }]) =>
          tf.sum<tf.Scalar>(tf.mul(along, lookUp(seen.slopes, layer))),
        );
      });
      return { loss: seen.loss, ...products };
    },
    inputs: stepInputs(network, groups, batch),
    state: weightState(network),
  };
}

type Placed = ReadonlyMap<string, PlacedLayer>;

interface Observed {
  readonly loss: tf.Tensor;
  /** What each writer reads, by the name of the layer read. */
  readonly read: ReadonlyMap<string, tf.Tensor>;
  /** dL/dh by what is mixed after each layer, not by what is passed on. */
  readonly slopes: ReadonlyMap<string, tf.Tensor>;
}

/** The gradients are those of zeros added to what mixing layers read, so that no weight gradient is computed. */
function observe(
  network: Network,
  groups: readonly SplittingGroup[],
  inputs: WeightTensors,
  placed: Placed,
): Observed {
  const { x, y } = inputs as { x: tf.Tensor4D; y: tf.Tensor1D };
  const ends = groups.flatMap(({ mixedAt }) => mixedAt);
  const members = new Map(
    groups.flatMap(({ group, mixedAt }) =>
      mixedAt.map((layer) => [layer, new Set(group.layers)] as const),
    ),
  );
  const writers = groups.flatMap(({ theta }) => theta.map(({ writer }) => writer));
  const wanted = new Set(writers.map((writer) => readByWriter(writer, placed)));
  const read = new Map<string, tf.Tensor>([[networkInput, x]]);
  const lossOf = (...nudges: tf.Tensor[]): tf.Scalar => {
    const nudged = new Map<string, tf.Tensor>();
    // Outlives the gradient's own scope.
    const at = (layer: string, output: tf.Tensor): tf.Tensor => {
      const nudge = nudges[ends.indexOf(layer)];
      if (nudge) nudged.set(layer, tf.add(output, nudge));
      if (wanted.has(layer)) read.set(layer, tf.keep(nudged.get(layer) ?? output));
      return output;
    };
    // A stream goes on beside what mixes its channels, which alone sees the nudge.
    const reads = (reader: Layer, layer: string, output: tf.Tensor): tf.Tensor =>
      members.get(layer)?.has(reader.name) ? output : (nudged.get(layer) ?? output);
    return crossEntropy(
      forward(network, inputs, x, { training: false, at, reads }).logits,
      y,
      labelsOf(network),
    );
  };
  const zeros = ends.map((layer) => {
    const { height, width, channels } = lookUp(placed, layer).out;
    return tf.zeros([x.shape[0], height, width, channels]);
  });
  if (ends.length === 0) return { loss: lossOf(), read, slopes: new Map() };
  const { value, grads } = tf.valueAndGrads(lossOf)(zeros);
  const slopes = new Map(ends.map((layer, i) => [layer, grads[i] as tf.Tensor]));
  return { loss: value, read, slopes };
}

const readByWriter = (writer: string, placed: Placed): string =>
  lookUp(placed, writer).inputs[0] ?? networkInput;

/** The gradient of the sum of all terms with respect to every group's theta, one row per neuron. */
function multiplyAll(
  groups: readonly SplittingGroup[],
  inputs: WeightTensors,
  termsOf: (group: SplittingGroup, weights: WeightTensors) => readonly tf.Scalar[],
): Record<string, tf.Tensor> {
  if (groups.length === 0) return {};
  const names = groups.flatMap(({ theta }) => theta.flatMap(thetaArrays));
  const projected = (...values: tf.Tensor[]): tf.Scalar => {
    const weights = { ...inputs, ...Object.fromEntries(names.map((name, i) => [name, values[i]])) };
    const terms = groups.flatMap((group) => termsOf(group, weights as WeightTensors));
    return terms.reduce((sum, term) => tf.add(sum, term));
  };
  const gradients = tf.grads(projected)(names.map((name) => inputs[name] as tf.Tensor));
  const named = new Map(names.map((name, i) => [name, gradients[i] as tf.Tensor]));
  return Object.fromEntries(
    groups.map((group) => [productName(group.group.name), toRows(group, named)]),
  );
}

/** Values and derivatives along v at the mixing layers of one group. */
function channelsAlong(
  group: SplittingGroup,
  weights: WeightTensors,
  { placed, read }: { readonly placed: Placed; readonly read: ReadonlyMap<string, tf.Tensor> },
): readonly (readonly [string, Tangent])[] {
  const tangents = new Map<string, Tangent>();
  for (const name of group.group.layers) {
    const layer = lookUp(placed, name);
    const reading = { isMaxPooled: isMaxPooled(name, group, placed) };
    const part = group.theta.find(({ writer }) => writer === name);
    const tangent = part
      ? writerAlong(
          layer,
          weights,
          lookUp(read, readByWriter(name, placed)),
          fromRows(part, group, weights),
          reading,
        )
      : channelwiseAlong(
          layer,
          weights,
          layer.inputs.map((input) => lookUp(tangents, input)),
          reading,
        );
    tangents.set(name, tangent);
  }
  return group.mixedAt.map((name) => [name, lookUp(tangents, name)]);
}

/** True if nothing but max pooling reads the layer, and the group reaches so far. */
function isMaxPooled(name: string, { group }: SplittingGroup, placed: Placed): boolean {
  const readers = [...placed.values()].filter(({ inputs }) => inputs.includes(name));
  return (
    readers.length > 0 &&
    readers.every(
      ({ layer }) =>
        layer.kind === "pool" && layer.mode === "max" && group.layers.includes(layer.name),
    )
  );
}

/** A part of a group's directions [neurons, d] in the shapes of its writer's kernel and bias. */
function fromRows(
  { writer, offset, dimension, biasInTheta }: ThetaPart,
  { group, theta }: SplittingGroup,
  inputs: WeightTensors,
): Theta {
  const whole = inputs[directionName(group.name)] as tf.Tensor2D;
  const neurons = group.width;
  const rows = theta.length > 1 ? tf.slice(whole, [0, offset], [neurons, dimension]) : whole;
  const kernel = inputs[`${writer}/kernel`] as tf.Tensor;
  if (!biasInTheta) return { kernel: tf.reshape(tf.transpose(rows), kernel.shape) };
  const filters = tf.slice(rows, [0, 0], [neurons, dimension - 1]);
  const biases = tf.slice(rows, [0, dimension - 1], [neurons, 1]);
  return {
    kernel: tf.reshape(tf.transpose(filters), kernel.shape),
    bias: tf.reshape(biases, [neurons]),
  };
}

/** The inverse of `fromRows`, for gradients by parameter name. */
function toRows(group: SplittingGroup, gradients: ReadonlyMap<string, tf.Tensor>): tf.Tensor {
  const neurons = group.group.width;
  const columns = group.theta
    .flatMap(thetaArrays)
    .map((name) => tf.reshape<tf.Rank.R2>(lookUp(gradients, name), [-1, neurons]));
  return tf.transpose(tf.concat(columns, 0));
}

function stepInputs(
  network: Network,
  groups: readonly SplittingGroup[],
  batch: number,
): Readonly<Record<string, TensorSpec>> {
  const floats = (shape: readonly number[]): TensorSpec => ({ shape, dtype: "float32" });
  const directions = groups.map(
    ({ group, dimension }) =>
      [directionName(group.name), floats([group.width, dimension])] as const,
  );
  return {
    ...batchInputs(network, batch),
    ...Object.fromEntries(parametersOf(network).map(({ name, shape }) => [name, floats(shape)])),
    ...Object.fromEntries(directions),
  };
}

function lookUp<V>(map: ReadonlyMap<string, V>, name: string): V {
  const found = map.get(name);
  if (found === undefined) throw new Error(`Nothing is known of "${name}"`);
  return found;
}
