import type { Network } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import {
  applyChannels,
  type ChangedNetwork,
  type ChangeOptions,
  type Channel,
  unchanged,
} from "./apply-channels.ts";
import { type SplittingGroup, splittableGroups } from "./groups.ts";

/** A neuron to split into theta + epsilon v and theta - epsilon v, each with half its outgoing weight. */
export interface BinarySplit {
  readonly neuron: number;
  /** v in [k, k, in] order, then the bias where it belongs to theta; of unit length if epsilon is to be a length. */
  readonly direction: Float32Array;
  readonly epsilon: number;
}

/** One copy of a neuron: its share of the outgoing weights and what is added to theta. */
interface NeuronCopy {
  readonly weight: number;
  readonly displacement: Float32Array;
}

/** A neuron to replace by copies whose weights sum to 1; the first takes its place, the others are appended. */
export interface NeuronSplit {
  readonly neuron: number;
  readonly copies: readonly NeuronCopy[];
}

/** The binary split with equal halves (specification 2.6); at epsilon 0 the function is the same. */
export function applySplit(
  network: Network,
  weights: Weights,
  splits: ReadonlyMap<string, readonly BinarySplit[]>,
): ChangedNetwork {
  const copies = [...splits].map(([group, ofGroup]) => [group, ofGroup.map(halves)] as const);
  return applyCopies(network, weights, new Map(copies));
}

/** Any split: signed weights, as many copies as wanted. Copies are appended by ascending neuron. */
export function applyCopies(
  network: Network,
  weights: Weights,
  splits: ReadonlyMap<string, readonly NeuronSplit[]>,
  options: ChangeOptions = {},
): ChangedNetwork {
  const groups = new Map(splittableGroups(network).map((group) => [group.group.name, group]));
  const channels = [...splits].map(([name, ofGroup]) => {
    const group = groups.get(name);
    if (!group) throw new Error(`Network "${network.name}" has no width group "${name}"`);
    return [name, splitChannels(group, ofGroup)] as const;
  });
  return applyChannels(network, weights, new Map(channels), options);
}

function halves({ neuron, direction, epsilon }: BinarySplit): NeuronSplit {
  const copy = (step: number): NeuronCopy => ({
    weight: 1 / 2,
    displacement: direction.map((entry) => step * entry),
  });
  return { neuron, copies: [copy(epsilon), copy(-epsilon)] };
}

function splitChannels(group: SplittingGroup, splits: readonly NeuronSplit[]): readonly Channel[] {
  const { reason, dimension } = group;
  const { name, width } = group.group;
  if (reason !== undefined) throw new Error(`Group "${name}" cannot be split: ${reason}`);
  const channels = [...unchanged(Array(width).keys())];
  const ascending = [...splits].sort((a, b) => a.neuron - b.neuron);
  for (const [i, { neuron, copies }] of ascending.entries()) {
    const total = copies.reduce((sum, { weight }) => sum + weight, 0);
    if (!(neuron in channels) || neuron >= width || ascending[i - 1]?.neuron === neuron)
      throw new Error(`Group "${name}" cannot split neuron ${neuron} of ${width} once`);
    if (!(Math.abs(total - 1) < 1e-6)) throw new Error(`Copies weigh ${total} together, not 1`);
    if (copies.some(({ displacement }) => displacement.length !== dimension))
      throw new Error(`Group "${name}" takes displacements of length ${dimension}`);
    const made = copies.map((copy) => ({ source: neuron, ...copy }));
    channels.splice(neuron, 1, ...made.slice(0, 1));
    channels.push(...made.slice(1));
  }
  return channels;
}
