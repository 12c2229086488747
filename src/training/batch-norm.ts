import { batchNormEpsilon } from "../network/parameters.ts";
import { tf } from "../tensor/index.ts";

/** Mean and biased variance over batch and positions, [channels] each. */
export interface BatchMoments {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/**
 * Moments of x [batch, height, width, channels]. No gradient flows through them: batchNormTrain accounts for it.
 * The variance is that of x - mean: E[x^2] - mean^2 cancels where |mean| is large against the deviation.
 */
export function batchMoments(x: tf.Tensor): BatchMoments {
  const axes = allButLast(x);
  const mean = tf.mean<tf.Tensor1D>(x, axes);
  return { mean, variance: tf.mean<tf.Tensor1D>(tf.square(tf.sub(x, mean)), axes) };
}

const allButLast = (x: tf.Tensor): number[] => x.shape.map((_, axis) => axis).slice(0, -1);

/**
 * gamma (x - mean) / sqrt(variance + epsilon) + beta with the batch's own moments, and their share in the
 * gradient (Ioffe and Szegedy 2015, section 3), as per-channel affine forms of x - mean and dy.
 */
export function batchNormTrain(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { mean, variance }: BatchMoments,
): tf.Tensor {
  const axes = allButLast(x);
  const count = x.size / (x.shape[x.rank - 1] ?? 1);
  const inverse = tf.rsqrt(tf.add(variance, batchNormEpsilon));
  const normalize = tf.customGrad((input, g, b, save) => {
    const [inputs, scales, shifts] = [input as tf.Tensor, g as tf.Tensor, b as tf.Tensor];
    const centred = tf.sub(inputs, mean);
    const scale = tf.mul(scales, inverse);
    // Saved, not captured: an eager backend frees everything else after the forward pass.
    (save as tf.GradSaveFunc)([centred, scale, inverse]);
    return {
      value: tf.add(tf.mul(centred, scale), shifts),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [centred, scale, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const mean = tf.mean(dy, axes);
        const dGamma = tf.mul(inverse, tf.sum(tf.mul(dy, centred), axes));
        // dx = scale (dy - centred inverse dGamma / n - mean(dy)); the scale joins what reads it
        const perCentred = tf.mul(tf.mul(inverse, dGamma), -1 / count);
        const bent = tf.sub(tf.add(tf.mul(centred, perCentred), dy), mean);
        return [tf.mul(bent, scale), dGamma, tf.mul(mean, count)];
      },
    };
  });
  return normalize(x, gamma, beta);
}

/** The same with fixed moments: inference, and everything about splitting (Wang et al. 2019 freeze them too). */
export function batchNormEval(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  { mean, variance }: { readonly mean: tf.Tensor; readonly variance: tf.Tensor },
): tf.Tensor {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, batchNormEpsilon)));
  return tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
}
