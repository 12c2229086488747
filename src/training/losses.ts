import { tf } from "../tensor/index.ts";

/** Softmax cross-entropy of each row of logits [batch, classes] against labels [batch] int32; 0 where a label is -1: not known. */
export function crossEntropies(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const target = tf.oneHot(labels, logits.shape[1]);
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), target), 1));
}

/** Their mean; over the rows whose label is known where some are not. */
export function crossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  { isPartly = false }: LabelOptions = {},
): tf.Scalar {
  const losses = crossEntropies(logits, labels);
  return isPartly ? tf.div(tf.sum(losses), knownCount(labels)) : tf.mean(losses);
}

export interface LabelOptions {
  /** Some labels are -1, not known: those rows do not count. */
  readonly isPartly?: boolean;
}

const knownRows = (labels: tf.Tensor1D): tf.Tensor1D =>
  tf.cast(tf.greaterEqual(labels, tf.scalar(0, "int32")), "float32");
const knownCount = (labels: tf.Tensor1D): tf.Scalar => tf.sum(knownRows(labels));

/**
 * Mean cross-entropy against labels that give `smoothing` of their weight to all classes alike (Szegedy et al. 2016,
 * section 7).
 */
export function smoothedCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  smoothing: number,
  { isPartly = false }: LabelOptions = {},
): tf.Scalar {
  const sharp = crossEntropy(logits, labels, { isPartly });
  if (smoothing === 0) return sharp;
  const logProbabilities = tf.logSoftmax(logits);
  const even = tf.neg(
    isPartly
      ? tf.div(tf.sum(tf.mul(tf.mean(logProbabilities, 1), knownRows(labels))), knownCount(labels))
      : tf.mean(logProbabilities),
  ) as tf.Scalar;
  return tf.add(tf.mul(sharp, 1 - smoothing), tf.mul(even, smoothing));
}

/** How many rows of logits have their largest entry at the label. */
export function countCorrect(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), "float32"));
}
