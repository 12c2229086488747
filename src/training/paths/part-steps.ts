import type { Network } from "../../network/network.ts";
import { placeLayers } from "../../network/network.ts";
import { type TensorFunction, tf } from "../../tensor/index.ts";
import { forwardImage, type WeightTensors } from "../forward.ts";
import { countCorrect, crossEntropies, smoothedCrossEntropy } from "../losses.ts";
import type { Optimizer } from "../optimizers.ts";
import {
  batchInputs,
  floats,
  keepMoments,
  movedMoments,
  movedParameters,
  type StepProgram,
  trainableOf,
  trainedState,
  weightInputs,
  weightState,
} from "../train-step.ts";

/**
 * A training step of a network in parts, so that parts compiled once make up any path: every part's images forwards, the last part's
 * whole step, then every other part's step backwards from the slope at what it gave. A part's backward pass computes its
 * forward pass again: to hand intermediate values from program to program would be copied memory (0.7 ms per MB, docs/search.md), more than it saves.
 */
export interface PartStep extends StepProgram {
  /** Inputs and outputs that go from part to part. */
  readonly handedOn: readonly string[];
}

/** Input and output of parts: images, and the slopes of the loss at the part's input and at what it gives. */
export const image = "image";
export const slopeBefore = "slope:before";
export const slopeAfter = "slope:after";

const handedOn = ["x", image, slopeBefore, slopeAfter];

/** Name of a batch's own moments among outputs. */
export const ownMoment = (moment: string): string => `own:${moment}`;

interface PartOptions {
  readonly batch: number;
  /** The part reads data, which no slope is wanted of. */
  readonly isFirst: boolean;
}

const imagesOf = (part: Network, batch: number) => {
  const { x } = batchInputs(part, batch);
  const out = placeLayers(part).at(-1)?.out ?? part.input;
  return { x, after: floats([batch, out.height, out.width, out.channels]) };
};

/** What goes from part to part; data come as they are. */
const passed = (isFirst: boolean): readonly string[] =>
  isFirst ? handedOn.filter((name) => name !== "x") : handedOn;

/** A part's images in training, and the moments of the batch (`ownMoment`). */
export function forwardStep(part: Network, { batch, isFirst }: PartOptions): PartStep {
  return {
    fn: (inputs) => {
      const made = forwardImage(part, inputs, inputs.x as tf.Tensor4D, { training: true });
      const moments = [...made.moments].flatMap(([layer, { mean, variance }]) => [
        [ownMoment(`${layer}/moving_mean`), mean] as const,
        [ownMoment(`${layer}/moving_variance`), variance] as const,
      ]);
      return { [image]: made.image, ...Object.fromEntries(moments) };
    },
    inputs: { x: imagesOf(part, batch).x, ...trainableInputs(part) },
    state: weightState(part),
    handedOn: passed(isFirst),
  };
}

/** Without moving moments, which training does not read. */
const trainableInputs = (part: Network) =>
  Object.fromEntries(trainableOf(part).map(({ name, shape }) => [name, floats(shape)]));

/** A part's images by moving moments. */
export function inferenceStep(part: Network, { batch, isFirst }: PartOptions): PartStep {
  return {
    fn: (inputs) => ({
      [image]: forwardImage(part, inputs, inputs.x as tf.Tensor4D, { training: false }).image,
    }),
    inputs: { x: imagesOf(part, batch).x, ...weightInputs(part) },
    state: weightState(part),
    handedOn: passed(isFirst),
  };
}

/** A part's step from the slope at what it gave: new parameters and slots, and the slope at its input. */
export function backwardStep(
  part: Network,
  optimizer: Optimizer,
  { batch, isFirst }: PartOptions,
): PartStep {
  const { x, after } = imagesOf(part, batch);
  const kept = trainedState(part, optimizer);
  return {
    fn: moving(part, optimizer, {
      isFirst,
      // The slope of this product at the images is the slope given.
      lossOf: (images, inputs) => tf.sum(tf.mul(images, inputs[slopeAfter] as tf.Tensor)),
    }),
    inputs: { x, rate: floats([]), [slopeAfter]: after, ...kept.inputs },
    state: kept.state,
    handedOn: passed(isFirst),
  };
}

/** The last part's step: loss and how many were right besides. */
export function lastStep(
  part: Network,
  optimizer: Optimizer,
  { batch, isFirst, labelSmoothing }: PartOptions & { readonly labelSmoothing: number },
): PartStep {
  const kept = trainedState(part, optimizer);
  return {
    fn: moving(part, optimizer, {
      isFirst,
      lossOf: (images, { y }) =>
        smoothedCrossEntropy(logitsOf(images), y as tf.Tensor1D, labelSmoothing),
      scores: (images, loss, { y }) => ({
        loss,
        correct: countCorrect(logitsOf(images), y as tf.Tensor1D),
      }),
    }),
    inputs: { ...batchInputs(part, batch), rate: floats([]), ...kept.inputs },
    state: kept.state,
    handedOn: passed(isFirst),
  };
}

/** The last part's evaluation: losses [batch] and correct (count). */
export function lastEvaluation(part: Network, { batch, isFirst }: PartOptions): PartStep {
  return {
    fn: (inputs) => {
      const { x, y } = inputs as { x: tf.Tensor4D; y: tf.Tensor1D };
      const logits = logitsOf(forwardImage(part, inputs, x, { training: false }).image);
      return { losses: crossEntropies(logits, y), correct: countCorrect(logits, y) };
    },
    inputs: { ...batchInputs(part, batch), ...weightInputs(part) },
    state: weightState(part),
    handedOn: passed(isFirst),
  };
}

const logitsOf = (images: tf.Tensor4D): tf.Tensor2D =>
  tf.reshape(images, [images.shape[0], -1]) as tf.Tensor2D;

interface Move {
  readonly isFirst: boolean;
  readonly lossOf: (images: tf.Tensor4D, inputs: WeightTensors) => tf.Scalar;
  readonly scores?: (
    images: tf.Tensor4D,
    loss: tf.Scalar,
    inputs: WeightTensors,
  ) => Record<string, tf.Tensor>;
}

/** Forward, backward and update of one part. */
function moving(part: Network, optimizer: Optimizer, move: Move): TensorFunction {
  const trainable = trainableOf(part);
  const { isFirst, lossOf, scores } = move;
  return (inputs) => {
    let made: ReturnType<typeof forwardImage> | undefined;
    const x = inputs.x as tf.Tensor4D;
    const loss = (...values: tf.Tensor[]): tf.Scalar => {
      const moved = Object.fromEntries(trainable.map(({ name }, i) => [name, values[i]]));
      const read = isFirst ? x : (values[trainable.length] as tf.Tensor4D);
      made = forwardImage(part, { ...inputs, ...moved } as WeightTensors, read, { training: true });
      tf.keep(made.image);
      keepMoments(made.moments);
      return lossOf(made.image, inputs);
    };
    const weights = trainable.map(({ name }) => inputs[name] as tf.Tensor);
    const { value, grads } = tf.valueAndGrads(loss)(isFirst ? weights : [...weights, x]);
    if (!made) throw new Error("The part was not run");
    const gradients = Object.fromEntries(
      trainable.map(({ name }, i) => [name, grads[i] as tf.Tensor]),
    );
    const rate = inputs.rate as tf.Scalar;
    return {
      ...(scores ? scores(made.image, value, inputs) : {}),
      ...(isFirst ? {} : { [slopeBefore]: grads[trainable.length] as tf.Tensor }),
      ...movedParameters(trainable, gradients, { inputs, optimizer, rate }),
      ...movedMoments(made, inputs),
    };
  };
}
