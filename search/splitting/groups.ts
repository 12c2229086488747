import { isWide, type Layer, type WideLayer, windowArea } from "../../src/network/layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "../../src/network/network.ts";
import { type WidthGroup, widthGroups } from "../../src/network/width-groups.ts";

/** What a layer has of its neurons' theta: its filter in [k, k, in] order, then its bias where that belongs to theta. */
export interface ThetaPart {
  readonly writer: string;
  /** Where it begins in theta. */
  readonly offset: number;
  readonly dimension: number;
  /** The bias is perturbed too. Under batch norm it is not: the shift there is left alone. */
  readonly biasInTheta: boolean;
}

/** What splitting knows of a width group: whose neurons they are and what theta consists of. */
export interface SplittingGroup {
  readonly group: WidthGroup;
  /** The layers whose filters or units are the neurons: one, or on a residual stream all that write to it. */
  readonly theta: readonly ThetaPart[];
  /** Length d of theta, all its parts together. */
  readonly dimension: number;
  /** Layers whose outputs the consumers read: there the copies of a neuron are averaged. */
  readonly mixedAt: readonly string[];
  /** Nothing but linear maps and pooling up to there: S = 0, no gain of second order. */
  readonly isLinear: boolean;
  /** Why the neurons cannot be split; absent when they can. */
  readonly reason?: string;
}

/** Every width group in network order, with the reason where its neurons cannot be split. */
export function splittableGroups(network: Network): readonly SplittingGroup[] {
  const placed = placeLayers(network);
  const named = new Map(placed.map((layer) => [layer.layer.name, layer]));
  return widthGroups(network).flatMap((group) => {
    if (group.writers.length === 0) return [];
    const theta = thetaOf(group.writers.flatMap((name) => named.get(name) ?? []));
    const mixed = readBy(group.consumers, placed);
    const reason = reasonAgainst(group, readBy(group.layers, placed), mixed);
    return {
      group,
      theta,
      dimension: theta.reduce((sum, { dimension }) => sum + dimension, 0),
      mixedAt: group.layers.filter((layer) => mixed.has(layer)),
      isLinear: group.layers.every((name) => isLinear(named.get(name)?.layer)),
      ...(reason === undefined ? {} : { reason }),
    };
  });
}

/** Names of the arrays that a part of theta is made of. */
export const thetaArrays = ({ writer, biasInTheta }: ThetaPart): readonly string[] =>
  biasInTheta ? [`${writer}/kernel`, `${writer}/bias`] : [`${writer}/kernel`];

function thetaOf(writers: readonly PlacedLayer[]): readonly ThetaPart[] {
  let offset = 0;
  return writers.flatMap(({ layer, in: input }) => {
    if (!isWide(layer)) return [];
    const biasInTheta = perturbsBias(layer);
    const dimension = filterLength(layer, input.channels) + (biasInTheta ? 1 : 0);
    const part = { writer: layer.name, offset, dimension, biasInTheta };
    offset += dimension;
    return part;
  });
}

/**
 * The same neurons with the curvature of their writer's own activation alone, as released with Wang et al. 2019 (arXiv
 * 1910.03103): what follows before channels are mixed, a depthwise layer for one, counts as linear. It knew no residual
 * streams, which are left alone.
 */
export function curvedAtWriter(group: SplittingGroup): SplittingGroup {
  const { writers } = group.group;
  return {
    ...group,
    group: { ...group.group, layers: writers },
    mixedAt: writers,
    ...(writers.length > 1 ? { reason: "several layers write to this residual stream" } : {}),
  };
}

const perturbsBias = (layer: WideLayer): boolean =>
  layer.bias && !("batchNorm" in layer && layer.batchNorm);

/** Weights per neuron of a conv2d or dense layer, its bias left out. */
const filterLength = (layer: WideLayer, inputs: number): number =>
  layer.kind === "conv2d" ? windowArea(layer) * inputs : inputs;

const isLinear = (layer: Layer | undefined): boolean =>
  layer?.kind !== "multiply" &&
  (!layer || !("activation" in layer) || layer.activation === "linear");

/** Names of everything that these layers read. */
const readBy = (readers: readonly string[], placed: readonly PlacedLayer[]): ReadonlySet<string> =>
  new Set(placed.flatMap(({ layer, inputs }) => (readers.includes(layer.name) ? inputs : [])));

function reasonAgainst(
  { layers, tiedBy }: WidthGroup,
  passedOn: ReadonlySet<string>,
  mixed: ReadonlySet<string>,
): string | undefined {
  if (tiedBy !== undefined) return `"${tiedBy}" ties its width to other layers'`;
  if (layers.some((layer) => !passedOn.has(layer) && !mixed.has(layer)))
    return "its channels are the network's output";
  return undefined;
}
