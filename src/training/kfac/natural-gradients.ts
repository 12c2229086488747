import type { Network } from "../../network/network.ts";
import { tf } from "../../tensor/index.ts";
import type { WeightTensors } from "../forward.ts";
import { factorNames, preconditioned } from "./kfac.ts";
import { naturalLayers } from "./natural-layers.ts";

export interface NaturalGradientState {
  /** Both inverted factors of every layer, under `factorNames`. */
  readonly inverses: WeightTensors;
  readonly rate: tf.Tensor;
  readonly trust: number;
}

/**
 * V^-1 G U^-1 for every dense and conv layer, in place of its gradients; others stay as they are. All are shortened by
 * min(1, sqrt(trust / (rate^2 sum G . V^-1 G U^-1))): a step may change the network's predictions by a divergence of about
 * `trust` (Ba et al. 2017, section 5).
 */
export function naturalGradients(
  network: Network,
  gradients: WeightTensors,
  { inverses, rate, trust }: NaturalGradientState,
): WeightTensors {
  const steps = naturalLayers(network).map((layer) => {
    const { name, bias } = layer.placed.layer;
    const names = factorNames(name);
    const of = (role: string) => gradients[`${name}/${role}`] as tf.Tensor;
    const kernel = of("kernel");
    const flat = tf.reshape(kernel, [-1, layer.width]) as tf.Tensor2D;
    const gradient = bias
      ? tf.concat2d([flat, tf.reshape(of("bias"), [1, layer.width]) as tf.Tensor2D], 0)
      : flat;
    const [left, right] = [inverses[names.inputs], inverses[names.gradients]];
    const natural = preconditioned(gradient, left as tf.Tensor2D, right as tf.Tensor2D);
    return { name, bias, kernel, gradient, natural, kernelRows: flat.shape[0] };
  });
  const squared = tf.addN(steps.map(({ gradient, natural }) => tf.sum(tf.mul(gradient, natural))));
  const share = tf.minimum(
    1,
    tf.sqrt(tf.div(trust, tf.add(tf.mul(tf.square(rate), squared), tiny))),
  );
  const moved = steps.flatMap(({ name, bias, kernel, natural, kernelRows }) => {
    const step = tf.mul(natural, share) as tf.Tensor2D;
    const width = step.shape[1];
    return [
      [`${name}/kernel`, tf.reshape(tf.slice2d(step, [0, 0], [kernelRows, width]), kernel.shape)],
      ...(bias
        ? [[`${name}/bias`, tf.reshape(tf.slice2d(step, [kernelRows, 0], [1, width]), [width])]]
        : []),
    ];
  });
  return { ...gradients, ...Object.fromEntries(moved) };
}

/** Keeps a step of rate 0 from a division by 0. */
const tiny = 1e-30;
