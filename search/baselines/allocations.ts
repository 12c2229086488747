import { type Network, placeLayers } from "../../src/network/network.ts";
import { freeGroups } from "../../src/network/width-groups.ts";
import { type Random, seededRandom } from "../../src/random.ts";

/** A way to spread width over a network: each group's share relative to uniform widths. */
export interface Allocation {
  readonly label: string;
  /** In words, for the page. */
  readonly summary: string;
  /** By growing group, in network order; how wide in all is decided by the budget. */
  weights(network: Network): readonly number[];
}

/** Standard deviation of the logarithm of random shares. */
const randomSpread = 0.5;

export const uniformShape: Allocation = {
  label: "uniform-on-stairs",
  summary: "the reference's proportions, every width on an edge of the stairs",
  weights: (network) => freeGroups(network).map(() => 1),
};

/** Uniform widths on the stairs, then others to hold against them. */
export const allocations: readonly Allocation[] = [
  uniformShape,
  tilt("early x2", 2),
  tilt("early x4", 4),
  tilt("early x8", 8),
  tilt("late x2", 1 / 2),
  {
    label: "narrow last stage",
    summary: "the last stage at half its share",
    weights: (network) => ofPlaces(network, (place) => (place === 1 ? 1 / 2 : 1)),
  },
  {
    label: "wide middle",
    summary: "the middle stage at twice the share of the first and last",
    weights: (network) => ofPlaces(network, (place) => 2 ** (1 - Math.abs(2 * place - 1))),
  },
  ...[1, 2, 3, 4].map(randomShape),
];

/** First stage at `ratio` times the share of the last, in equal factors from stage to stage. */
export function tilt(label: string, ratio: number): Allocation {
  const [wide, times] = ratio > 1 ? ["first", ratio] : ["last", 1 / ratio];
  return {
    label,
    summary: `the ${wide} stage at ${times} times the share of the other end, in equal factors from stage to stage`,
    weights: (network) => ofPlaces(network, (place) => ratio ** (0.5 - place)),
  };
}

export function randomShape(seed: number): Allocation {
  return {
    label: `random ${seed}`,
    summary: `every group's share drawn by itself (log-normal, ${randomSpread}), seed ${seed}`,
    weights: (network) => drawn(network, seededRandom(seed)),
  };
}

const drawn = (network: Network, random: Random): readonly number[] =>
  freeGroups(network).map(() => Math.exp(randomSpread * random.normal()));

/** A weight per group from its stage's place: 0 is the first stage, 1 the last; a stage is a resolution. */
function ofPlaces(network: Network, weight: (place: number) => number): readonly number[] {
  const heights = new Map(placeLayers(network).map(({ layer, out }) => [layer.name, out.height]));
  const ofGroup = freeGroups(network).map(({ name }) => heights.get(name) ?? 0);
  const stages = [...new Set(ofGroup)].sort((a, b) => b - a);
  return ofGroup.map((height) => weight(stages.indexOf(height) / Math.max(1, stages.length - 1)));
}
