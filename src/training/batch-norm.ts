import { batchNormEpsilon } from "../network/parameters.ts";
import { tf } from "../tensor/index.ts";

/** Mean and biased variance over batch and positions, [channels] each. */
export interface BatchMoments {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** Moments of x [batch, height, width, channels]. No gradient flows through them: batchNormTrain accounts for it. */
export function batchMoments(x: tf.Tensor): BatchMoments {
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  const mean = tf.mean<tf.Tensor1D>(x, axes);
  // E[x^2] - mean^2 in one pass over x; activations are of unit scale, so cancellation is harmless in float32.
  const variance = tf.maximum<tf.Tensor1D>(tf.sub(tf.mean(tf.square(x), axes), tf.square(mean)), 0);
  return { mean, variance };
}

/**
 * gamma (x - mean) / sqrt(variance + epsilon) + beta with the batch's own moments, and their share in the
 * gradient (Ioffe and Szegedy 2015, section 3), as per-channel affine forms: one pass forward, two backward.
 */
export function batchNormTrain(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { mean, variance }: BatchMoments,
): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  const count = x.size / (x.shape[x.rank - 1] ?? 1);
  const inverse = tf.rsqrt(tf.add(variance, batchNormEpsilon));
  const normalize = tf.customGrad((input, g, b, save) => {
    const [inputs, scales, shifts] = [input as tf.Tensor, g as tf.Tensor, b as tf.Tensor];
    const scale = tf.mul(scales, inverse);
    // Saved, not captured: an eager backend frees everything else after the forward pass.
    (save as tf.GradSaveFunc)([inputs, scale, inverse, mean]);
    return {
      value: tf.add(tf.mul(inputs, scale), tf.sub(shifts, tf.mul(mean, scale))),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [inputs, scale, inverse, mean] = saved as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        const dBeta = tf.sum(dy, axes);
        const centred = tf.sub(tf.sum(tf.mul(dy, inputs), axes), tf.mul(mean, dBeta));
        const dGamma = tf.mul(inverse, centred);
        // dx = scale (dy - dBeta / n - normalized x dGamma / n), as dy scale + x b + c per channel.
        const perInput = tf.neg(tf.mul(scale, tf.mul(inverse, tf.div(dGamma, count))));
        const offset = tf.neg(tf.add(tf.mul(scale, tf.div(dBeta, count)), tf.mul(mean, perInput)));
        const dx = tf.add(tf.add(tf.mul(dy, scale), tf.mul(inputs, perInput)), offset);
        return [dx, dGamma, dBeta];
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
