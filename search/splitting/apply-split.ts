import { isWide } from "../../src/network/layer.ts";
import {
  type Network,
  type PlacedLayer,
  placeLayers,
  withWidths,
} from "../../src/network/network.ts";
import { parametersOf, type Weights } from "../../src/network/parameters.ts";
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

export interface SplitResult {
  readonly network: Network;
  readonly weights: Weights;
  /**
   * Carries an optimiser's array of one parameter over: a first moment (power 1) scales as the gradient
   * does, so by the copy's weight in the neuron's own arrays and not at all in its consumers'; a second
   * moment (power 2) by its square.
   */
  carry(array: Float32Array, parameter: string, power?: 1 | 2): Float32Array;
}

/** The binary split with equal halves (specification 2.6); at epsilon 0 the function is the same. */
export function applySplit(
  network: Network,
  weights: Weights,
  splits: ReadonlyMap<string, readonly BinarySplit[]>,
): SplitResult {
  const copies = [...splits].map(([group, ofGroup]) => [group, ofGroup.map(halves)] as const);
  return applyCopies(network, weights, new Map(copies));
}

/** Any split: signed weights, as many copies as wanted. Copies are appended by ascending neuron. */
export function applyCopies(
  network: Network,
  weights: Weights,
  splits: ReadonlyMap<string, readonly NeuronSplit[]>,
): SplitResult {
  const channels = channelTable(network, splits);
  const gathers = gatherTable(network, channels);
  const gatherOf = (name: string): Gather => {
    const gather = gathers.get(name);
    if (!gather) throw new Error(`Network "${network.name}" has no parameter "${name}"`);
    return gather;
  };
  const widths = new Map([...channels].map(([layer, { length }]) => [layer, length]));
  return {
    network: withWidths(network, widths),
    weights: new Map(
      [...weights].map(([name, array]) => [name, splitArray(gatherOf(name), array)]),
    ),
    carry: (array, name, power = 1) => carryArray(gatherOf(name), array, power),
  };
}

function halves({ neuron, direction, epsilon }: BinarySplit): NeuronSplit {
  const copy = (step: number): NeuronCopy => ({
    weight: 1 / 2,
    displacement: direction.map((entry) => step * entry),
  });
  return { neuron, copies: [copy(epsilon), copy(-epsilon)] };
}

/** A channel after the split: the one it comes from, and its share. */
interface Channel {
  readonly source: number;
  readonly weight: number;
  readonly displacement?: Float32Array;
}

const whole = (count: number): readonly Channel[] =>
  Array.from({ length: count }, (_, source) => ({ source, weight: 1 }));

/** The channels of every layer of every split group. */
function channelTable(
  network: Network,
  splits: ReadonlyMap<string, readonly NeuronSplit[]>,
): ReadonlyMap<string, readonly Channel[]> {
  const groups = new Map(splittableGroups(network).map((group) => [group.group.name, group]));
  const table = new Map<string, readonly Channel[]>();
  for (const [name, ofGroup] of splits) {
    const group = groups.get(name);
    if (!group) throw new Error(`Network "${network.name}" has no width group "${name}"`);
    const channels = splitChannels(group, ofGroup);
    for (const layer of group.group.layers) table.set(layer, channels);
  }
  return table;
}

function splitChannels(group: SplittingGroup, splits: readonly NeuronSplit[]): readonly Channel[] {
  const { reason, dimension } = group;
  const { name, width } = group.group;
  if (reason !== undefined) throw new Error(`Group "${name}" cannot be split: ${reason}`);
  const channels = [...whole(width)];
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

/** Where the entries of a split array come from, the array seen as [taps, inputs, outputs]. */
interface Gather {
  readonly oldInputs: number;
  readonly oldOutputs: number;
  readonly inputs: readonly Channel[];
  readonly outputs: readonly Channel[];
  /** Where the array begins in theta; absent when it is not part of it. */
  readonly thetaOffset?: number;
}

/** By parameter name. */
function gatherTable(
  network: Network,
  channels: ReadonlyMap<string, readonly Channel[]>,
): ReadonlyMap<string, Gather> {
  const placed = new Map(placeLayers(network).map((layer) => [layer.layer.name, layer]));
  const biases = new Map(
    splittableGroups(network).flatMap(({ writer, biasInTheta, dimension }) =>
      biasInTheta ? [[writer, dimension - 1] as const] : [],
    ),
  );
  return new Map(
    parametersOf(network).map(({ name, layer: ofLayer, role }) => {
      const layer = placed.get(ofLayer);
      if (!layer) throw new Error(`Network "${network.name}" has no layer "${ofLayer}"`);
      const bias = role === "bias" ? biases.get(ofLayer) : undefined;
      const isFilter = role === "kernel" && isWide(layer.layer);
      return [name, isFilter ? filterGather(layer, channels) : vectorGather(layer, channels, bias)];
    }),
  );
}

/** A conv2d or dense kernel: [taps, in, out]. */
const filterGather = (
  { layer, in: input, out, inputs }: PlacedLayer,
  channels: ReadonlyMap<string, readonly Channel[]>,
): Gather => ({
  oldInputs: input.channels,
  oldOutputs: out.channels,
  inputs: channels.get(inputs[0] ?? "") ?? whole(input.channels),
  outputs: channels.get(layer.name) ?? whole(out.channels),
  thetaOffset: 0,
});

/** One entry per channel, or one per tap and channel in a depthwise kernel: [taps, 1, channels]. */
const vectorGather = (
  { layer, out }: PlacedLayer,
  channels: ReadonlyMap<string, readonly Channel[]>,
  thetaOffset: number | undefined,
): Gather => ({
  oldInputs: 1,
  oldOutputs: out.channels,
  inputs: whole(1),
  outputs: channels.get(layer.name) ?? whole(out.channels),
  ...(thetaOffset === undefined ? {} : { thetaOffset }),
});

/**
 * Displaced, then its columns weighted: so a displacement's own entries on split inputs are weighted
 * too, without which the gains of neighbouring layers would not add up.
 */
function splitArray(gather: Gather, old: Float32Array): Float32Array {
  const { thetaOffset } = gather;
  return gathered(gather, old, (value, position, input, { displacement }) => {
    const isMoved = displacement && thetaOffset !== undefined;
    return input.weight * (value + (isMoved ? (displacement[thetaOffset + position] ?? 0) : 0));
  });
}

const carryArray = (gather: Gather, old: Float32Array, power: number): Float32Array =>
  gathered(gather, old, (value, _position, _input, output) => value * output.weight ** power);

/** `entry` gets the old value and its position tap x inputs + input in the old array's rows. */
function gathered(
  { oldInputs, oldOutputs, inputs, outputs }: Gather,
  old: Float32Array,
  entry: (value: number, position: number, input: Channel, output: Channel) => number,
): Float32Array {
  const taps = old.length / (oldInputs * oldOutputs);
  const result = new Float32Array(taps * inputs.length * outputs.length);
  let next = 0;
  for (let tap = 0; tap < taps; tap++)
    for (const input of inputs)
      for (const output of outputs) {
        const position = tap * oldInputs + input.source;
        const value = old[position * oldOutputs + output.source] ?? 0;
        result[next++] = entry(value, position, input, output);
      }
  return result;
}
