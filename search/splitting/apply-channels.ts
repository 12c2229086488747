import { isWide } from "../../src/network/layer.ts";
import {
  type Network,
  type PlacedLayer,
  placeLayers,
  withWidths,
} from "../../src/network/network.ts";
import { parametersOf, type Weights } from "../../src/network/parameters.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import { splittableGroups } from "./groups.ts";

/** A channel of a changed group: the old one it comes from, and its share of that one's outgoing weights; with none it is new. */
export interface Channel {
  readonly source: number;
  readonly weight: number;
  /** Added to theta of the copy: the filter in [k, k, in] order, then the bias where it belongs to theta. */
  readonly displacement?: Float32Array;
}

/** Channels that stay as they are. */
export const unchanged = (sources: Iterable<number>): readonly Channel[] =>
  Array.from(sources, (source) => ({ source, weight: 1 }));

export interface ChangedNetwork {
  readonly network: Network;
  readonly weights: Weights;
  /**
   * Carries an optimiser's array of one parameter over: a first moment (power 1) scales as the gradient
   * does, so by the copy's weight in the neuron's own arrays and not at all in its consumers'; a second
   * moment (power 2) by its square. A new channel has none.
   */
  carry(array: Float32Array, parameter: string, power?: 1 | 2): Float32Array;
}

export interface ChangeOptions {
  /**
   * Displacements are copied whole to every copy of an input, as released with Wang et al. 2019, and not by its weight:
   * gains of neighbouring layers then do not add up.
   */
  readonly displacesWhole?: boolean;
}

/**
 * Keeps, drops, orders and copies channels of width groups: every layer of a group gets the channels listed, its consumers
 * read them by their weights. Groups not named stay. Copies of a channel whose weights sum to 1 change nothing.
 */
export function applyChannels(
  network: Network,
  weights: Weights,
  groups: ReadonlyMap<string, readonly Channel[]>,
  { displacesWhole = false }: ChangeOptions = {},
): ChangedNetwork {
  const channels = channelTable(network, groups);
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
      [...weights].map(([name, array]) => [
        name,
        changedArray(gatherOf(name), array, displacesWhole),
      ]),
    ),
    carry: (array, name, power = 1) => carryArray(gatherOf(name), array, power),
  };
}

/** The channels of every layer of every changed group. */
function channelTable(
  network: Network,
  changed: ReadonlyMap<string, readonly Channel[]>,
): ReadonlyMap<string, readonly Channel[]> {
  const groups = new Map(widthGroups(network).map((group) => [group.name, group]));
  return new Map(
    [...changed].flatMap(([name, channels]) => {
      const group = groups.get(name);
      if (!group) throw new Error(`Network "${network.name}" has no width group "${name}"`);
      if (channels.length === 0 || channels.some(({ source }) => !(source < group.width)))
        throw new Error(`Group "${name}" of ${group.width} channels cannot become these`);
      return group.layers.map((layer) => [layer, channels] as const);
    }),
  );
}

/** Where the entries of a changed array come from, the array seen as [taps, inputs, outputs]. */
interface Gather {
  readonly oldInputs: number;
  readonly oldOutputs: number;
  readonly inputs: readonly Channel[];
  readonly outputs: readonly Channel[];
  /** Where the array begins in theta; absent when it is not part of it. */
  readonly thetaOffset?: number;
}

const wholeOf = (count: number): readonly Channel[] => unchanged(Array(count).keys());

/** By parameter name. */
function gatherTable(
  network: Network,
  channels: ReadonlyMap<string, readonly Channel[]>,
): ReadonlyMap<string, Gather> {
  const placed = new Map(placeLayers(network).map((layer) => [layer.layer.name, layer]));
  const parts = new Map(
    splittableGroups(network).flatMap(({ theta }) => theta.map((part) => [part.writer, part])),
  );
  return new Map(
    parametersOf(network).map(({ name, layer: ofLayer, role }) => {
      const layer = placed.get(ofLayer);
      if (!layer) throw new Error(`Network "${network.name}" has no layer "${ofLayer}"`);
      const { offset = 0, dimension = 0, biasInTheta = false } = parts.get(ofLayer) ?? {};
      if (role === "kernel" && isWide(layer.layer))
        return [name, filterGather(layer, channels, offset)];
      const isBias = role === "bias" && biasInTheta;
      return [name, vectorGather(layer, channels, isBias ? offset + dimension - 1 : undefined)];
    }),
  );
}

/** A conv2d or dense kernel: [taps, in, out]. */
const filterGather = (
  { layer, in: input, out, inputs }: PlacedLayer,
  channels: ReadonlyMap<string, readonly Channel[]>,
  thetaOffset: number,
): Gather => ({
  oldInputs: input.channels,
  oldOutputs: out.channels,
  inputs: channels.get(inputs[0] ?? "") ?? wholeOf(input.channels),
  outputs: channels.get(layer.name) ?? wholeOf(out.channels),
  thetaOffset,
});

/** One entry per channel, or one per tap and channel in a depthwise kernel: [taps, 1, channels]. */
const vectorGather = (
  { layer, out }: PlacedLayer,
  channels: ReadonlyMap<string, readonly Channel[]>,
  thetaOffset: number | undefined,
): Gather => ({
  oldInputs: 1,
  oldOutputs: out.channels,
  inputs: wholeOf(1),
  outputs: channels.get(layer.name) ?? wholeOf(out.channels),
  ...(thetaOffset === undefined ? {} : { thetaOffset }),
});

/**
 * Displaced, then its columns weighted: so a displacement's own entries on split inputs are weighted
 * too, without which the gains of neighbouring layers would not add up.
 */
function changedArray(gather: Gather, old: Float32Array, displacesWhole: boolean): Float32Array {
  const { thetaOffset } = gather;
  return gathered(gather, old, (value, position, input, { displacement }) => {
    const isMoved = displacement && thetaOffset !== undefined;
    const moved = isMoved ? (displacement[thetaOffset + position] ?? 0) : 0;
    return input.weight * value + (displacesWhole ? 1 : input.weight) * moved;
  });
}

const carryArray = (gather: Gather, old: Float32Array, power: number): Float32Array =>
  gathered(gather, old, (value, _position, input, output) =>
    input.weight === 0 ? 0 : value * output.weight ** power,
  );

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
