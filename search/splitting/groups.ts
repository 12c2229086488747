import { isWide, type Layer, type WideLayer, windowArea } from "../../src/network/layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "../../src/network/network.ts";
import { type WidthGroup, widthGroups } from "../../src/network/width-groups.ts";

/** What splitting knows of a width group: whose neurons they are and what theta consists of. */
export interface SplittingGroup {
  readonly group: WidthGroup;
  /** The layer whose filters or units are the neurons; the first one on a residual stream. */
  readonly writer: string;
  /** Length d of theta: the filter in [k, k, in] order, then the bias where it belongs to theta. */
  readonly dimension: number;
  /** The bias is perturbed too. Under batch norm it is not: the shift there is left alone. */
  readonly biasInTheta: boolean;
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
    const writer = named.get(group.writers[0] ?? "");
    if (!writer || !isWide(writer.layer)) return [];
    const biasInTheta = perturbsBias(writer.layer);
    const passedOn = readBy(group.layers, placed);
    const mixed = readBy(group.consumers, placed);
    const reason = reasonAgainst(group, passedOn, mixed);
    return {
      group,
      writer: writer.layer.name,
      dimension: filterLength(writer.layer, writer.in.channels) + (biasInTheta ? 1 : 0),
      biasInTheta,
      mixedAt: group.layers.filter((layer) => mixed.has(layer)),
      isLinear: group.layers.every((name) => isLinear(named.get(name)?.layer)),
      ...(reason === undefined ? {} : { reason }),
    };
  });
}

/**
 * The same neurons with the curvature of their writer's own activation alone, as released with Wang et al. 2019 (arXiv
 * 1910.03103): what follows before channels are mixed, a depthwise layer for one, counts as linear.
 */
export const curvedAtWriter = (group: SplittingGroup): SplittingGroup => ({
  ...group,
  group: { ...group.group, layers: [group.writer] },
  mixedAt: [group.writer],
});

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
  { writers, layers, tiedBy }: WidthGroup,
  passedOn: ReadonlySet<string>,
  mixed: ReadonlySet<string>,
): string | undefined {
  if (writers.length !== 1) return "several layers write to this residual stream";
  if (tiedBy !== undefined) return `"${tiedBy}" ties its width to other layers'`;
  if (layers.some((layer) => !passedOn.has(layer) && !mixed.has(layer)))
    return "its channels are the network's output";
  const forked = layers.find((layer) => passedOn.has(layer) && mixed.has(layer));
  return forked === undefined
    ? undefined
    : `its channels are both mixed and passed on after layer "${forked}"`;
}
