/** One radial neuron of the reference experiment: w exp(-(a x + b)^2 / 2). */
export interface RbfNeuron {
  readonly w: number;
  readonly a: number;
  readonly b: number;
}

/** A copy of a neuron: its share of the outgoing weight and its displacement of (a, b). */
export interface RbfCopy {
  readonly weight: number;
  readonly displacement: readonly number[] | Float32Array | Float64Array;
}

const teacher: readonly RbfNeuron[] = [
  { w: 1, a: 1, b: 2 },
  { w: -1.5, a: 1.5, b: 0 },
  { w: 2, a: 0.8, b: -2 },
];
const inputs = Array.from({ length: 201 }, (_, k) => -5 + (10 * k) / 200);

export const rbfOutput = (net: readonly RbfNeuron[], x: number): number =>
  net.reduce((sum, { w, a, b }) => sum + w * Math.exp(-((a * x + b) ** 2) / 2), 0);

/** The teacher's 201 outputs. */
export const rbfTargets = inputs.map((x) => rbfOutput(teacher, x));

/** Half the mean squared error. */
export const rbfLoss = (net: readonly RbfNeuron[]): number =>
  mean((x, y) => (rbfOutput(net, x) - y) ** 2 / 2);

/** S = mean[(f - y) w (u^2 - 1) exp(-u^2 / 2) (x, 1)(x, 1)'] of one neuron. */
export function rbfSplittingMatrix(net: readonly RbfNeuron[], { w, a, b }: RbfNeuron): number[][] {
  const moment = (power: number): number =>
    mean((x, y) => {
      const u = a * x + b;
      return (rbfOutput(net, x) - y) * w * (u * u - 1) * Math.exp(-(u * u) / 2) * x ** power;
    });
  return [
    [moment(2), moment(1)],
    [moment(1), moment(0)],
  ];
}

/** The neuron replaced by its copies. */
export const rbfCopies = ({ w, a, b }: RbfNeuron, copies: readonly RbfCopy[]): RbfNeuron[] =>
  copies.map(({ weight, displacement: [da = 0, db = 0] }) => ({
    w: w * weight,
    a: a + da,
    b: b + db,
  }));

/** Full-batch gradient descent at rate 0.5 until |gradient| < tolerance or `steps` are done. */
export function trainRbf(
  start: readonly RbfNeuron[],
  { tolerance = 1e-13, steps = 60_000 } = {},
): readonly RbfNeuron[] {
  let net = start;
  for (let step = 0; step < steps; step++) {
    const gradient = rbfGradient(net);
    if (Math.hypot(...gradient.flatMap(({ w, a, b }) => [w, a, b])) < tolerance) break;
    net = net.map(({ w, a, b }, i) => ({
      w: w - 0.5 * (gradient[i]?.w ?? 0),
      a: a - 0.5 * (gradient[i]?.a ?? 0),
      b: b - 0.5 * (gradient[i]?.b ?? 0),
    }));
  }
  return net;
}

/** dL/d(w, a, b) of every neuron. */
export function rbfGradient(net: readonly RbfNeuron[]): readonly RbfNeuron[] {
  const sums = net.map(() => ({ w: 0, a: 0, b: 0 }));
  for (const [k, x] of inputs.entries()) {
    const residual = (rbfOutput(net, x) - (rbfTargets[k] ?? 0)) / inputs.length;
    for (const [i, { w, a, b }] of net.entries()) {
      const sum = sums[i];
      if (!sum) continue;
      const u = a * x + b;
      const radial = Math.exp(-(u * u) / 2);
      sum.w += residual * radial;
      sum.a -= residual * w * u * radial * x;
      sum.b -= residual * w * u * radial;
    }
  }
  return sums;
}

function mean(value: (x: number, y: number) => number): number {
  return inputs.reduce((sum, x, k) => sum + value(x, rbfTargets[k] ?? 0), 0) / inputs.length;
}
