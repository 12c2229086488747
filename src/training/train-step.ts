import { answersPerExample, type Network } from "../network/network.ts";
import { type Parameter, parametersOf } from "../network/parameters.ts";
import { type TensorFunction, type TensorSpec, type TensorState, tf } from "../tensor/index.ts";
import { type ForwardResult, forward, type WeightTensors } from "./forward.ts";
import { naturalGradients } from "./kfac/natural-gradients.ts";
import { factorSpecs } from "./kfac/natural-layers.ts";
import { countCorrect, crossEntropies, type LabelOptions, smoothedCrossEntropy } from "./losses.ts";
import type { Optimizer } from "./optimizers.ts";

/** Share of the old moving moments kept at each step. */
const movingDecay = 0.9;

/** A function and the shapes it is compiled for. */
export interface StepProgram {
  readonly fn: TensorFunction;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** Parameters and slots: the inputs that a program may keep in its own layout. */
  readonly state: TensorState;
}

export const floats = (shape: readonly number[]): TensorSpec => ({ shape, dtype: "float32" });

/** The parameters that gradients move. */
export const trainableOf = (network: Network): readonly Parameter[] =>
  parametersOf(network).filter(({ trainable }) => trainable);

/** Name of an optimiser's slot of a parameter among a step's inputs and outputs. */
export const slotName = (slot: string, parameter: string): string => `${slot}:${parameter}`;

/** Of a batch: images and labels, one for every answer. */
export const batchInputs = (network: Network, batch: number) => {
  const { height, width, channels } = network.input;
  const y: TensorSpec = { shape: [batch * answersPerExample(network)], dtype: "int32" };
  return { x: floats([batch, height, width, channels]), y };
};

/** Of the nodes of a graph some have labels alone. */
export const labelsOf = (network: Network): LabelOptions => ({
  isPartly: answersPerExample(network) > 1,
});

/** Every parameter. */
export const weightInputs = (network: Network): Readonly<Record<string, TensorSpec>> =>
  Object.fromEntries(parametersOf(network).map(({ name, shape }) => [name, floats(shape)]));

/** Every parameter, each in a layout of its own. */
export const weightState = (network: Network): TensorState =>
  Object.fromEntries(parametersOf(network).map(({ name }) => [name, name]));

/** Added to a training loss: per parameter name, this much times the sum of its absolute values. */
export type Penalty = ReadonlyMap<string, number>;

interface TrainStepOptions {
  readonly batch: number;
  readonly penalty?: Penalty;
  /** Share of a label's weight that the loss gives to all classes alike. */
  readonly labelSmoothing?: number;
}

/**
 * One training step as a tensor function. Inputs: x, y, rate, every parameter, every slot, and for a natural gradient every
 * layer's inverted factors (`factorSpecs`).
 * Outputs: loss and correct (of this batch, before the update), and the new parameters and slots under their names.
 */
export function trainStep(
  network: Network,
  optimizer: Optimizer,
  { batch, penalty = new Map(), labelSmoothing = 0 }: TrainStepOptions,
): StepProgram {
  const trainable = trainableOf(network);
  const fn: TensorFunction = (inputs) => {
    const { x, y, rate } = inputs as { x: tf.Tensor4D; y: tf.Tensor1D; rate: tf.Scalar };
    let result: ForwardResult | undefined;
    const lossOf = (...values: tf.Tensor[]): tf.Scalar => {
      const moved = Object.fromEntries(trainable.map(({ name }, i) => [name, values[i]]));
      result = forward(network, { ...inputs, ...moved } as WeightTensors, x, { training: true });
      keepResult(result);
      const loss = smoothedCrossEntropy(result.logits, y, labelSmoothing, labelsOf(network));
      return penalised(loss, moved as WeightTensors, penalty);
    };
    const { value, grads } = tf.valueAndGrads(lossOf)(
      trainable.map(({ name }) => inputs[name] as tf.Tensor),
    );
    if (!result) throw new Error("The loss was not evaluated");
    const raw = Object.fromEntries(trainable.map(({ name }, i) => [name, grads[i] as tf.Tensor]));
    const { natural } = optimizer;
    const gradients = natural
      ? naturalGradients(network, raw, { inverses: inputs, rate, trust: natural.trust })
      : raw;
    return {
      loss: value,
      correct: countCorrect(result.logits, y),
      ...movedParameters(trainable, gradients, { inputs, optimizer, rate }),
      ...movedMoments(result, inputs),
    };
  };
  const kept = trainedState(network, optimizer);
  return {
    fn,
    inputs: {
      ...batchInputs(network, batch),
      rate: floats([]),
      ...(optimizer.natural ? factorSpecs(network) : {}),
      ...kept.inputs,
    },
    state: kept.state,
  };
}

/** What a step reads and moves: every parameter, and the optimiser's slots of the trainable ones. */
export function trainedState(
  network: Network,
  optimizer: Optimizer,
): Pick<StepProgram, "inputs" | "state"> {
  const slots = trainableOf(network).flatMap(({ name, shape }) =>
    optimizer.slots.map((slot) => ({ slot: slotName(slot, name), name, spec: floats(shape) })),
  );
  return {
    inputs: {
      ...weightInputs(network),
      ...Object.fromEntries(slots.map(({ slot, spec }) => [slot, spec])),
    },
    state: {
      ...weightState(network),
      ...Object.fromEntries(slots.map(({ slot, name }) => [slot, name])),
    },
  };
}

const penalised = (loss: tf.Scalar, weights: WeightTensors, penalty: Penalty): tf.Scalar =>
  [...penalty].reduce((sum, [name, factor]) => {
    const weight = weights[name];
    if (!weight) throw new Error(`A penalty on "${name}", which is no trainable parameter`);
    return tf.add(sum, tf.mul(tf.sum(tf.abs(weight)), factor));
  }, loss);

/** Forward results outlive the gradient's own scope. */
function keepResult({ logits, moments }: ForwardResult): void {
  tf.keep(logits);
  keepMoments(moments);
}

/** They outlive the gradient's own scope. */
export function keepMoments(moments: ForwardResult["moments"]): void {
  for (const { mean, variance } of moments.values()) {
    tf.keep(mean);
    tf.keep(variance);
  }
}

/** The new parameters and slots, under their names, after a step of the optimiser. */
export function movedParameters(
  trainable: readonly Parameter[],
  gradients: WeightTensors,
  state: {
    readonly inputs: WeightTensors;
    readonly optimizer: Optimizer;
    readonly rate: tf.Tensor;
  },
): Record<string, tf.Tensor> {
  const { inputs, optimizer, rate } = state;
  const moved = trainable.flatMap(({ name, role }) => {
    const parameter = inputs[name] as tf.Tensor;
    const raw = gradients[name] as tf.Tensor;
    const decays = role === "kernel" && optimizer.weightDecay > 0;
    const gradient = decays ? tf.add(raw, tf.mul(parameter, optimizer.weightDecay)) : raw;
    const slots = optimizer.slots.map((slot) => inputs[slotName(slot, name)] as tf.Tensor);
    const next = optimizer.update({ parameter, gradient, slots, rate });
    return [
      [name, next.parameter],
      ...optimizer.slots.map((slot, s) => [slotName(slot, name), next.slots[s]]),
    ];
  });
  return Object.fromEntries(moved) as Record<string, tf.Tensor>;
}

/** The new moving moments, under their names. */
export function movedMoments(
  { moments }: Pick<ForwardResult, "moments">,
  inputs: WeightTensors,
): Record<string, tf.Tensor> {
  const blend = (name: string, fresh: tf.Tensor) => {
    const moving = inputs[name] as tf.Tensor;
    // Of both at once first, so that a program keeps the moving moments as it finds the fresh ones.
    return tf.add(moving, tf.mul(tf.sub(fresh, moving), 1 - movingDecay));
  };
  return Object.fromEntries(
    [...moments].flatMap(([layer, { mean, variance }]) => [
      [`${layer}/moving_mean`, blend(`${layer}/moving_mean`, mean)],
      [`${layer}/moving_variance`, blend(`${layer}/moving_variance`, variance)],
    ]),
  );
}

/** Evaluation of one batch. Inputs: x, y, every parameter. Outputs: losses [batch] and correct (count). */
export function evaluationStep(network: Network, { batch }: { batch: number }): StepProgram {
  return {
    fn: (inputs) => {
      const { x, y } = inputs as { x: tf.Tensor4D; y: tf.Tensor1D };
      const { logits } = forward(network, inputs, x, { training: false });
      return { losses: crossEntropies(logits, y), correct: countCorrect(logits, y) };
    },
    inputs: { ...batchInputs(network, batch), ...weightInputs(network) },
    state: weightState(network),
  };
}
