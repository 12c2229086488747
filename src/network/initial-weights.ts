import type { Random } from "../random.ts";
import type { Network } from "./network.ts";
import { type Parameter, type ParameterRole, parametersOf, type Weights } from "./parameters.ts";

type Fill = (parameter: Parameter, random: Random) => (index: number) => number;

/** He initialisation (He et al. 2015, eq. 10): variance 2 / fan-in, which keeps ReLU activations at unit scale. */
const he: Fill = ({ shape }, random) => {
  const [outputs = 1] = shape.slice(-1);
  const fanIn = shape.reduce((product, size) => product * size, 1) / outputs;
  // A depthwise filter [k, k, C, 1] sees only its own channel.
  const seen = shape.length === 4 && outputs === 1 ? fanIn / (shape[2] ?? 1) : fanIn;
  const deviation = Math.sqrt(2 / seen);
  return () => deviation * random.normal();
};
const constant =
  (value: number): Fill =>
  () =>
  () =>
    value;

const trainingStart: { readonly [Role in ParameterRole]: Fill } = {
  kernel: he,
  bias: constant(0),
  gamma: constant(1),
  beta: constant(0),
  moving_mean: constant(0),
  moving_variance: constant(1),
};

const between =
  (low: number, high: number): Fill =>
  (_, random) =>
  () =>
    low + (high - low) * random.uniform();

/** Nothing is 0 or 1, so that no runtime can skip work: for measuring, not for training. */
const measuringWeights: { readonly [Role in ParameterRole]: Fill } = {
  kernel: he,
  bias: between(0.1, 0.2),
  gamma: between(0.8, 1.2),
  beta: between(0.1, 0.2),
  moving_mean: between(0.1, 0.2),
  moving_variance: between(0.8, 1.2),
};

const fillAll = (
  network: Network,
  random: Random,
  rules: { readonly [Role in ParameterRole]: Fill },
): Weights =>
  new Map(
    parametersOf(network).map((parameter) => {
      const size = parameter.shape.reduce((product, length) => product * length, 1);
      const next = rules[parameter.role](parameter, random);
      return [parameter.name, Float32Array.from({ length: size }, (_, i) => next(i))];
    }),
  );

/** Weights to start training from. */
export const initialWeights = (network: Network, random: Random): Weights =>
  fillAll(network, random, trainingStart);

/** Weights for measuring time and energy: random everywhere, no zeros. */
export const randomWeights = (network: Network, random: Random): Weights =>
  fillAll(network, random, measuringWeights);
