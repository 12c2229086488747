import type { Propagation } from "../../network/propagation.ts";
import { type TensorFunction, type TensorSpec, tf } from "../../tensor/index.ts";
import { factorNames, outerSum, preconditioned, softmaxFisher } from "../kfac/kfac.ts";
import { crossEntropies } from "../losses.ts";
import type { Optimizer } from "../optimizers.ts";
import { slotName } from "../train-step.ts";
import { propagate } from "./propagation.ts";

/** Sizes of a graph convolutional network of two layers (Kipf and Welling 2017). */
export interface GcnShape {
  readonly nodes: number;
  readonly features: number;
  readonly hidden: number;
  readonly classes: number;
}

/** Weights of each layer with the bias as their last row. */
export const gcnParameters = ({ features, hidden, classes }: GcnShape) =>
  [
    { name: "layer1", shape: [features + 1, hidden] },
    { name: "layer2", shape: [hidden + 1, classes] },
  ] as const;

type Inputs = Readonly<Record<string, tf.Tensor>>;
const matrix = (inputs: Inputs, name: string): tf.Tensor2D => {
  const found = inputs[name];
  if (!found) throw new Error(`No input "${name}"`);
  return found as tf.Tensor2D;
};

const withOnes = (x: tf.Tensor2D): tf.Tensor2D => tf.concat2d([x, tf.ones([x.shape[0], 1])], 1);

/**
 * S1 = [A'X, 1] W1, H = mask ReLU(S1), S2 = [A'H, 1] W2. Inputs: x [nodes, features + 1] (`propagatedFeatures`), layer1,
 * layer2, and in training mask [nodes, hidden].
 */
function forward(
  propagation: Propagation,
  inputs: Inputs,
  /** Added to S1 and S2. */
  { first, last }: { readonly first?: tf.Tensor; readonly last?: tf.Tensor } = {},
) {
  const sum = tf.matMul(matrix(inputs, "x"), matrix(inputs, "layer1"));
  const relu = tf.relu(first ? tf.add(sum, first) : sum);
  const hidden = inputs.mask ? tf.mul(relu, inputs.mask) : relu;
  const second = withOnes(propagate(propagation, hidden as tf.Tensor2D));
  const product = tf.matMul(second, matrix(inputs, "layer2"));
  return { second, logits: (last ? tf.add(product, last) : product) as tf.Tensor2D };
}

/**
 * Mean cross-entropy of the labelled nodes plus `weight` times that of all others against their own likeliest class,
 * through which no gradient flows. Inputs: target [nodes, classes], one-hot where labelled, else 0; weight.
 */
function gcnLoss(logits: tf.Tensor2D, inputs: Inputs, labelled: number): tf.Scalar {
  const logProbabilities = tf.logSoftmax(logits);
  const target = matrix(inputs, "target");
  const known = tf.div(tf.neg(tf.sum(tf.mul(logProbabilities, target))), labelled);
  const rest = logits.shape[0] - labelled;
  if (!inputs.weight || rest === 0) return known as tf.Scalar;
  // Log-probability of the likeliest class: the same value and gradient as against a constant label there.
  const likeliest = tf.max(logProbabilities, 1, true);
  const others = tf.mul(tf.neg(likeliest), tf.sub(1, tf.sum(target, 1, true)));
  return tf.add(known, tf.mul(tf.div(tf.sum(others), rest), inputs.weight)) as tf.Scalar;
}

const floats = (...shape: number[]): TensorSpec => ({ shape, dtype: "float32" });

const parameterInputs = (shape: GcnShape): Record<string, TensorSpec> =>
  Object.fromEntries(gcnParameters(shape).map(({ name, shape: of }) => [name, floats(...of)]));

/** What every training program reads. */
const trainingInputs = (shape: GcnShape, isWeighted: boolean): Record<string, TensorSpec> => ({
  x: floats(shape.nodes, shape.features + 1),
  mask: floats(shape.nodes, shape.hidden),
  target: floats(shape.nodes, shape.classes),
  ...(isWeighted ? { weight: floats() } : {}),
  ...parameterInputs(shape),
});

export interface GcnProgram {
  readonly fn: TensorFunction;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
}

export interface GcnStep {
  readonly shape: GcnShape;
  readonly propagation: Propagation;
  readonly labelled: number;
  /** Others are trained towards their own likeliest class, by an input `weight`. */
  readonly isWeighted: boolean;
}

/**
 * Sums of outer products that K-FAC's factors are made of, at the weights and mask given: inputs2 [hidden + 1, hidden + 1],
 * gradients1, gradients2 (of the loss by S1, S2), and fisher2, the exact block of the softmax. inputs1 never changes: `featureProducts`.
 */
export function curvatureProgram({
  shape,
  propagation,
  labelled,
  isWeighted,
}: GcnStep): GcnProgram {
  const { nodes, hidden, classes } = shape;
  return {
    fn: (inputs) => {
      // Gradients by S1 and S2 are those by zeros added to them.
      let kept: { second: tf.Tensor2D; probabilities: tf.Tensor2D } | undefined;
      const lossOf = (first: tf.Tensor, last: tf.Tensor): tf.Scalar => {
        const { second, logits } = forward(propagation, inputs, { first, last });
        kept = { second: tf.keep(second), probabilities: tf.keep(tf.softmax(logits)) };
        return gcnLoss(logits, inputs, labelled);
      };
      const zeros = [tf.zeros([nodes, hidden]), tf.zeros([nodes, classes])];
      const { grads } = tf.valueAndGrads(lossOf)(zeros);
      if (!kept) throw new Error("The loss was not evaluated");
      return {
        inputs2: outerSum(kept.second),
        gradients1: outerSum(grads[0] as tf.Tensor2D),
        gradients2: outerSum(grads[1] as tf.Tensor2D),
        fisher2: softmaxFisher(kept.probabilities),
      };
    },
    inputs: trainingInputs(shape, isWeighted),
  };
}

/** products [features + 1, features + 1]: the sum of outer products of the first layer's inputs. */
export const featureProducts = (shape: GcnShape): GcnProgram => ({
  fn: (inputs) => ({ products: outerSum(matrix(inputs, "x")) }),
  inputs: { x: floats(shape.nodes, shape.features + 1) },
});

/**
 * One step: its loss, the new parameters and slots under their names, and what `gcnEvaluation` gives for the weights before it,
 * whose largest product it has anyway. Reads `transposed` beside x.
 */
export function gcnStep(
  step: GcnStep,
  optimizer: Optimizer,
  { isPreconditioned }: { readonly isPreconditioned: boolean },
): GcnProgram {
  const { shape, propagation, labelled, isWeighted } = step;
  const parameters = gcnParameters(shape);
  const fn: TensorFunction = (inputs) => {
    const rate = inputs.rate as tf.Tensor;
    const lossOf = (first: tf.Tensor, layer2: tf.Tensor): tf.Scalar =>
      gcnLoss(forward(propagation, { ...inputs, layer2 }, { first }).logits, inputs, labelled);
    const values = [tf.zeros([shape.nodes, shape.hidden]), matrix(inputs, "layer2")];
    const { value, grads: found } = tf.valueAndGrads(lossOf)(values);
    // By layer1 it is x' times that by S1. The largest product but one: to turn x around in every step takes longer than it.
    const [bySum, byLayer2] = found as tf.Tensor2D[];
    const grads = [tf.matMul(matrix(inputs, "transposed"), bySum as tf.Tensor2D), byLayer2];
    const moved = parameters.flatMap(({ name }, i) => {
      const parameter = matrix(inputs, name);
      const raw = grads[i] as tf.Tensor2D;
      const factors = factorNames(name);
      const natural = isPreconditioned
        ? preconditioned(raw, matrix(inputs, factors.inputs), matrix(inputs, factors.gradients))
        : raw;
      // The released code decays all weights, biases too, after preconditioning.
      const decay = optimizer.weightDecay;
      const gradient = decay > 0 ? tf.add(natural, tf.mul(parameter, decay)) : natural;
      const slots = optimizer.slots.map((slot) => matrix(inputs, slotName(slot, name)));
      const next = optimizer.update({ parameter, gradient, slots, rate });
      return [
        [name, next.parameter],
        ...optimizer.slots.map((slot, s) => [slotName(slot, name), next.slots[s]]),
      ];
    });
    return {
      loss: value,
      ...evaluated(propagation, inputs),
      ...(Object.fromEntries(moved) as Record<string, tf.Tensor>),
    };
  };
  const slots = parameters.flatMap(({ name, shape: of }) =>
    optimizer.slots.map((slot) => [slotName(slot, name), floats(...of)] as const),
  );
  const factors = parameters.flatMap(({ name, shape: [rows, columns] }) => [
    [factorNames(name).inputs, floats(rows, rows)] as const,
    [factorNames(name).gradients, floats(columns, columns)] as const,
  ]);
  return {
    fn,
    inputs: {
      ...trainingInputs(shape, isWeighted),
      transposed: floats(shape.features + 1, shape.nodes),
      y: { shape: [shape.nodes], dtype: "int32" },
      rate: floats(),
      ...Object.fromEntries(slots),
      ...(isPreconditioned ? Object.fromEntries(factors) : {}),
    },
  };
}

function evaluated(propagation: Propagation, inputs: Inputs): Record<string, tf.Tensor> {
  const { mask: _, ...rest } = inputs;
  const { logits } = forward(propagation, rest);
  return {
    losses: crossEntropies(logits, inputs.y as tf.Tensor1D),
    predicted: tf.cast(tf.argMax(logits, 1), "int32"),
  };
}

/** losses [nodes] and predicted [nodes] without dropout; y [nodes] holds 0 where no label is known. */
export const gcnEvaluation = (shape: GcnShape, propagation: Propagation): GcnProgram => ({
  fn: (inputs) => evaluated(propagation, inputs),
  inputs: {
    x: floats(shape.nodes, shape.features + 1),
    y: { shape: [shape.nodes], dtype: "int32" },
    ...parameterInputs(shape),
  },
});
