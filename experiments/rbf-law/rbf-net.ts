/** One neuron of f(x) = sum of w exp(-(a x + b)^2 / 2), Wang et al. 2019 (S2D), the toy experiment. */
export interface Neuron {
  readonly w: number;
  readonly a: number;
  readonly b: number;
}

/** A symmetric 2x2 matrix [[xx, xy], [xy, yy]] over (a, b). */
export interface Symmetric {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

const points = Array.from({ length: 201 }, (_, k) => -5 + (10 * k) / 200);
const teacher: readonly Neuron[] = [
  { w: 1, a: 1, b: 2 },
  { w: -1.5, a: 1.5, b: 0 },
  { w: 2, a: 0.8, b: -2 },
];
/** What the net is to learn, at 201 points from -5 to 5. */
export const targets = points.map((x) => outputAt(teacher, x));

function outputAt(neurons: readonly Neuron[], x: number): number {
  return neurons.reduce((sum, { w, a, b }) => sum + w * Math.exp(-((a * x + b) ** 2) / 2), 0);
}

const residuals = (neurons: readonly Neuron[]): readonly number[] =>
  points.map((x, k) => outputAt(neurons, x) - (targets[k] ?? 0));

const meanOver = (of: (x: number, k: number) => number): number =>
  points.reduce((sum, x, k) => sum + of(x, k), 0) / points.length;

/** Half the mean square error. */
export function lossOf(neurons: readonly Neuron[]): number {
  const errors = residuals(neurons);
  return meanOver((_, k) => (errors[k] ?? 0) ** 2) / 2;
}

/** S = E[dL/dsigma hess sigma] of every neuron; the outgoing weight is part of dL/dsigma. */
export function splittingMatrices(neurons: readonly Neuron[]): readonly Symmetric[] {
  const errors = residuals(neurons);
  return neurons.map(({ w, a, b }) => {
    const moment = (power: number) =>
      meanOver((x, k) => {
        const u = a * x + b;
        return (errors[k] ?? 0) * w * (u * u - 1) * Math.exp((-u * u) / 2) * x ** power;
      });
    return { xx: moment(2), xy: moment(1), yy: moment(0) };
  });
}

interface Stop {
  readonly gradient: number;
  readonly steps: number;
}

/** Full-batch gradient descent at rate 0.5 on all parameters, until the gradient is small or steps are spent. */
export function trained(
  start: readonly Neuron[],
  { gradient, steps }: Stop,
): { readonly neurons: readonly Neuron[]; readonly steps: number; readonly gradient: number } {
  const rate = 0.5;
  let neurons = start;
  for (let step = 0; ; step++) {
    const slopes = gradients(neurons);
    const size = Math.sqrt(slopes.reduce((sum, { w, a, b }) => sum + w * w + a * a + b * b, 0));
    if (size < gradient || step === steps) return { neurons, steps: step, gradient: size };
    neurons = neurons.map(({ w, a, b }, i) => {
      const slope = slopes[i] ?? { w: 0, a: 0, b: 0 };
      return { w: w - rate * slope.w, a: a - rate * slope.a, b: b - rate * slope.b };
    });
  }
}

function gradients(neurons: readonly Neuron[]): readonly Neuron[] {
  const errors = residuals(neurons);
  return neurons.map(({ w, a, b }) => {
    const sums = { w: 0, a: 0, b: 0 };
    for (const [k, x] of points.entries()) {
      const u = a * x + b;
      const bell = (errors[k] ?? 0) * Math.exp((-u * u) / 2);
      sums.w += bell;
      sums.b -= bell * w * u;
      sums.a -= bell * w * u * x;
    }
    return { w: sums.w / 201, a: sums.a / 201, b: sums.b / 201 };
  });
}
