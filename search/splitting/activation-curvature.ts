import type { Activation } from "../../src/network/layer.ts";
import { tf } from "../../src/tensor/index.ts";
import { activate } from "../../src/training/activations.ts";

/** A value and its derivative along one direction in weight space, of equal shape. */
export interface Tangent {
  readonly value: tf.Tensor;
  readonly along: tf.Tensor;
  /** An activation still to be applied, after the max pooling that follows. */
  readonly pending?: Activation;
}

/** Flat in places and never falling: there the largest of a window is one of many equals, and before the activation it is not. */
const waitsForMaxPooling: ReadonlySet<Activation> = new Set(["relu", "relu6"]);

/**
 * A rectifier of what is read by max pooling only waits until after it. That is the same function, but in a window whose
 * activations are all zero the kink then lies at the largest pre-activation, not at the first of equals.
 */
export const activateOrWait = (
  activation: Activation,
  tangent: Tangent,
  { isMaxPooled }: { readonly isMaxPooled: boolean },
): Tangent =>
  isMaxPooled && waitsForMaxPooling.has(activation)
    ? { ...tangent, pending: activation }
    : activateAlong(activation, tangent);

/** Steepness of the softplus whose second derivative stands for the kink of relu (Wu et al. 2019: 3). */
const surrogateBeta = 3;

/**
 * act(a) and act'(a) da. Every act' is written in differentiable ops, so that reverse mode through
 * the result sees act''; relu and relu6 have softplus_beta's second derivative at each kink.
 */
export function activateAlong(activation: Activation, { value, along }: Tangent): Tangent {
  // First, so that the slope is told by the activation's own result.
  const activated = activate[activation](value);
  const slope = slopes[activation](value);
  return { value: activated, along: slope === undefined ? along : tf.mul(slope, along) };
}

/** beta s(beta x) (1 - s(beta x)), by s's hyperbolic tangent: integrates to 1 over the line. */
export function kinkCurvature(x: tf.Tensor): tf.Tensor {
  const tangent = tf.tanh(tf.mul(x, surrogateBeta / 2));
  return tf.add(tf.mul(tf.square(tangent), -surrogateBeta / 4), surrogateBeta / 4);
}

/** s (1 - s), the derivative of a sigmoid by its value. */
const bump = (s: tf.Tensor): tf.Tensor => tf.mul(s, tf.sub(1, s));

/** Derivative of each activation; undefined where it is 1 everywhere. */
const slopes: { readonly [A in Activation]: (a: tf.Tensor) => tf.Tensor | undefined } = {
  linear: () => undefined,
  relu: (a) => surrogateSlope(a, tf.step, kinkCurvature),
  relu6: (a) =>
    surrogateSlope(
      a,
      (x) => tf.mul(tf.step(x), tf.step(tf.sub(6, x))),
      (x) => tf.sub(kinkCurvature(x), kinkCurvature(tf.sub(x, 6))),
    ),
  swish: (a) => {
    const s = tf.sigmoid(a);
    return tf.add(s, tf.mul(a, bump(s)));
  },
  tanh: (a) => tf.sub(1, tf.square(tf.tanh(a))),
  sigmoid: (a) => bump(tf.sigmoid(a)),
  softplus: (a) => tf.sigmoid(a),
};

/** slope(a), whose own derivative is taken to be curvature(a). */
function surrogateSlope(
  a: tf.Tensor,
  slope: (x: tf.Tensor) => tf.Tensor,
  curvature: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const withCurvature = tf.customGrad((x, save) => {
    const input = x as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    return {
      value: slope(input),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(dy, curvature(saved as tf.Tensor)),
    };
  });
  return withCurvature(a);
}
