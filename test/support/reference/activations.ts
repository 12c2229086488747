import type { Activation } from "../../../src/network/layer.ts";
import type { SmoothFunction } from "./hyper-dual.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const bump = (x: number): number => sigmoid(x) * (1 - sigmoid(x));
const beta = 3;
/** Second derivative of softplus(beta x) / beta: stands for the Dirac at a kink. */
const kink = (x: number): number => beta * bump(beta * x);

/** Closed forms; the second derivative of relu and relu6 is the softplus surrogate at each kink. */
export const referenceActivations: { readonly [K in Activation]: SmoothFunction } = {
  linear: { value: (x) => x, first: () => 1, second: () => 0 },
  relu: { value: (x) => Math.max(x, 0), first: (x) => (x > 0 ? 1 : 0), second: kink },
  relu6: {
    value: (x) => Math.min(Math.max(x, 0), 6),
    first: (x) => (x > 0 && x < 6 ? 1 : 0),
    second: (x) => kink(x) - kink(x - 6),
  },
  swish: {
    value: (x) => x * sigmoid(x),
    first: (x) => sigmoid(x) + x * bump(x),
    second: (x) => 2 * bump(x) + x * bump(x) * (1 - 2 * sigmoid(x)),
  },
  tanh: {
    value: Math.tanh,
    first: (x) => 1 - Math.tanh(x) ** 2,
    second: (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2),
  },
  sigmoid: { value: sigmoid, first: bump, second: (x) => bump(x) * (1 - 2 * sigmoid(x)) },
  softplus: { value: (x) => Math.log1p(Math.exp(x)), first: sigmoid, second: bump },
};
