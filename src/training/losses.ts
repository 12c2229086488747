import { tf } from "../tensor/index.ts";

/** Softmax cross-entropy of each row of logits [batch, classes] against labels [batch] int32. */
export function crossEntropies(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const target = tf.oneHot(labels, logits.shape[1]);
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), target), 1));
}

/** Their mean. */
export const crossEntropy = (logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar =>
  tf.mean(crossEntropies(logits, labels));

/**
 * Mean cross-entropy against labels that give `smoothing` of their weight to all classes alike (Szegedy et al. 2016,
 * section 7).
 */
export function smoothedCrossEntropy(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  smoothing: number,
): tf.Scalar {
  const sharp = crossEntropy(logits, labels);
  if (smoothing === 0) return sharp;
  const even = tf.neg(tf.mean(tf.logSoftmax(logits))) as tf.Scalar;
  return tf.add(tf.mul(sharp, 1 - smoothing), tf.mul(even, smoothing));
}

/** How many rows of logits have their largest entry at the label. */
export function countCorrect(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), "float32"));
}
