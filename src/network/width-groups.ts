import { isWide, type Layer } from "./layer.ts";
import { type Network, networkInput, placeLayers } from "./network.ts";

/** Layers whose widths must stay equal: a depthwise layer and its producer, all writers of a residual stream. */
export interface WidthGroup {
  /** Name of its first wide layer. */
  readonly name: string;
  readonly width: number;
  /** Wide layers whose neurons these channels are: one, or several on a residual stream. */
  readonly writers: readonly string[];
  /** Every layer whose output has these channels, in order; writers included. */
  readonly layers: readonly string[];
  /** Layers that mix these channels: conv2d and dense layers reading them. */
  readonly consumers: readonly string[];
  /** A layer that joins, cuts or deals out channels by their place, which ties their width to those of other layers. */
  readonly tiedBy?: string;
  /** Their width can be chosen: something mixes them, and nothing ties it to others. */
  readonly isFree: boolean;
}

/** True for layers that mix their input channels, so that copies of a neuron are averaged there. */
export const mixesChannels = (layer: Layer): boolean => isWide(layer);

/** True for layers to which the place of a channel matters. */
const placesChannels = ({ kind }: Layer): boolean =>
  kind === "concat" || kind === "channel_slice" || kind === "channel_shuffle";

/** Groups whose width can be chosen, in network order: they may grow and shrink. */
export const freeGroups = (network: Network): readonly WidthGroup[] =>
  widthGroups(network).filter(({ isFree }) => isFree);

/**
 * All groups, in network order. The network's output is a group without consumers; the input is none. What a concatenation
 * or a slice gives is a group of its own, without writers unless something is added to it.
 */
export function widthGroups(network: Network): readonly WidthGroup[] {
  const placed = placeLayers(network);
  const root = new Map<string, string>([[networkInput, networkInput]]);
  const find = (name: string): string => {
    const parent = root.get(name) ?? name;
    return parent === name ? name : find(parent);
  };
  for (const { layer, inputs } of placed) {
    root.set(layer.name, layer.name);
    if (isWide(layer) || layer.kind === "concat" || layer.kind === "channel_slice") continue;
    const [first, ...others] = [...inputs.map(find), layer.name];
    for (const other of others) root.set(other, first ?? other);
  }
  const names = new Set(placed.map(({ layer }) => find(layer.name)));
  names.delete(networkInput);
  const tied = new Map(
    placed.flatMap(({ layer, inputs }) =>
      placesChannels(layer)
        ? [layer.name, ...inputs].map((name) => [find(name), layer.name] as const)
        : [],
    ),
  );
  return [...names].map((group) => {
    const members = placed.filter(({ layer }) => find(layer.name) === group);
    const consumers = placed.filter(
      ({ layer, inputs }) => mixesChannels(layer) && inputs.some((name) => find(name) === group),
    );
    const tiedBy = tied.get(group);
    return {
      name: members[0]?.layer.name ?? group,
      width: members[0]?.out.channels ?? 0,
      writers: members.filter(({ layer }) => isWide(layer)).map(({ layer }) => layer.name),
      layers: members.map(({ layer }) => layer.name),
      consumers: consumers.map(({ layer }) => layer.name),
      ...(tiedBy === undefined ? {} : { tiedBy }),
      isFree: consumers.length > 0 && tiedBy === undefined,
    };
  });
}
