import { tf } from "../tensor/index.ts";
import type { LayerKfacOptions } from "./kfac/kfac.ts";

/** What an optimiser keeps per parameter and how it moves one; traced into the training graph. */
export interface Optimizer {
  readonly name: string;
  /** Names of the arrays kept per parameter, all of its shape and starting at 0. */
  readonly slots: readonly string[];
  /** Weight decay applies to kernels only, not to biases or batch norm. */
  readonly weightDecay: number;
  /** Gradients of dense and conv layers are natural ones before they reach `update`. */
  readonly natural?: LayerKfacOptions;
  update(state: UpdateState): Update;
  /** The rate the graph receives at a step (from 1): the schedule's rate times any correction. */
  stepRate(rate: number, step: number): number;
}

export interface UpdateState {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
  /** The step's rate, a scalar. */
  readonly rate: tf.Tensor;
}

export interface Update {
  readonly parameter: tf.Tensor;
  readonly slots: readonly tf.Tensor[];
}

/** SGD with momentum (Polyak's, or Nesterov's as in Sutskever et al. 2013): v = mu v + g, w -= rate v. */
export function sgd({ momentum = 0.9, nesterov = false, weightDecay = 0 } = {}): Optimizer {
  return {
    name: "sgd",
    slots: momentum ? ["velocity"] : [],
    weightDecay,
    stepRate: (rate) => rate,
    update: ({ parameter, gradient, slots: [velocity], rate }) => {
      if (!velocity) return { parameter: tf.sub(parameter, tf.mul(gradient, rate)), slots: [] };
      const next = tf.add(tf.mul(velocity, momentum), gradient);
      const direction = nesterov ? tf.add(tf.mul(next, momentum), gradient) : next;
      return { parameter: tf.sub(parameter, tf.mul(direction, rate)), slots: [next] };
    },
  };
}

/** Adam (Kingma and Ba 2015, algorithm 1), bias corrections folded into the rate as in their section 2. */
export function adam({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-7,
  weightDecay = 0,
} = {}): Optimizer {
  return {
    name: "adam",
    slots: ["mean", "square"],
    weightDecay,
    stepRate: (rate, step) => (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step),
    update: ({ parameter, gradient, slots: [mean, square], rate }) => {
      if (!mean || !square) throw new Error("Adam needs its two slots");
      const nextMean = tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1));
      const nextSquare = tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const step = tf.div(tf.mul(nextMean, rate), tf.add(tf.sqrt(nextSquare), epsilon));
      return { parameter: tf.sub(parameter, step), slots: [nextMean, nextSquare] };
    },
  };
}

/** An optimiser along natural gradients. */
export interface NaturalOptimizer extends Optimizer {
  readonly natural: LayerKfacOptions;
}

export interface KfacSettings extends Partial<LayerKfacOptions> {
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/** K-FAC (Martens and Grosse 2015; for convolutions Grosse and Martens 2016): SGD with momentum along natural gradients. */
export function kfac({
  momentum = 0.9,
  weightDecay = 0,
  ...natural
}: KfacSettings = {}): NaturalOptimizer {
  return {
    ...sgd({ momentum, weightDecay }),
    name: "kfac",
    natural: { damping: 0.03, every: 20, keep: 0.95, trust: 1e-3, ...natural },
  };
}
