import { isWide, windowArea } from "../../src/network/layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "../../src/network/network.ts";
import type { WidthGroup } from "../../src/network/width-groups.ts";
import { freeGroups } from "../../src/network/width-groups.ts";

/**
 * What one more neuron costs in multiply-accumulates by the code released with Wang et al. 2019 (arXiv 1910.03103), by
 * group. It is not what one costs: a pointwise layer pays for the depthwise layer that it reads, whose width does not
 * change, and of the next block only for one value per position. For comparison only.
 */
export function releasedCosts(network: Network): ReadonlyMap<string, number> {
  const placed = new Map(placeLayers(network).map((layer) => [layer.layer.name, layer]));
  return new Map(
    freeGroups(network).map((group) => [
      group.name,
      ownCost(group, placed) + nextCost(group, placed),
    ]),
  );
}

type Placed = ReadonlyMap<string, PlacedLayer>;

const positions = ({ out }: PlacedLayer): number => out.height * out.width;

/** Weights of a filter, applied everywhere. */
const filterMacs = ({ layer, in: input }: PlacedLayer): number =>
  (layer.kind === "conv2d" ? windowArea(layer) : 1) * input.channels;

function ownCost({ writers }: WidthGroup, placed: Placed): number {
  const writer = placed.get(writers[0] ?? "");
  if (!writer || !isWide(writer.layer)) return 0;
  const { layer: read } = placed.get(writer.inputs[0] ?? "") ?? {};
  // Projections, which have no activation, are not charged.
  const depthwise =
    read?.kind === "depthwise_conv2d" && writer.layer.activation !== "linear"
      ? windowArea(read)
      : 0;
  return (filterMacs(writer) + depthwise) * positions(writer);
}

function nextCost({ layers, consumers }: WidthGroup, placed: Placed): number {
  const members = layers.flatMap((name) => placed.get(name) ?? []);
  const depthwise = members.find(({ layer }) => layer.kind === "depthwise_conv2d");
  if (depthwise) return positions(depthwise);
  return consumers
    .flatMap((name) => placed.get(name) ?? [])
    .reduce(
      (sum, reader) =>
        sum + (filterMacs(reader) / reader.in.channels) * reader.out.channels * positions(reader),
      0,
    );
}
