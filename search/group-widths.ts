import { type Network, withWidths } from "../src/network/network.ts";
import { freeGroups, widthGroups } from "../src/network/width-groups.ts";

/** Widths by width group. */
export const widthsOf = (network: Network): Readonly<Record<string, number>> =>
  Object.fromEntries(widthGroups(network).map(({ name, width }) => [name, width]));

/** Widths by growing group, in network order. */
export const growingWidths = (network: Network): ReadonlyMap<string, number> =>
  new Map(freeGroups(network).map(({ name, width }) => [name, width]));

export const sameWidths = (a: Network, b: Network): boolean =>
  JSON.stringify([...growingWidths(a)]) === JSON.stringify([...growingWidths(b)]);

/** The network at other widths by group; groups not named stay. */
export const atWidths = (network: Network, widths: ReadonlyMap<string, number>): Network =>
  withWidths(
    network,
    new Map(
      widthGroups(network).flatMap(({ name, writers }) => {
        const width = widths.get(name);
        return width === undefined ? [] : writers.map((writer) => [writer, width] as const);
      }),
    ),
  );

/** The network with these widths of its growing groups, in network order. */
export function withGrowingWidths(network: Network, widths: readonly number[]): Network {
  const groups = freeGroups(network);
  if (groups.length !== widths.length)
    throw new Error(`${widths.length} widths for ${groups.length} groups of ${network.name}`);
  return atWidths(network, new Map(groups.map(({ name }, i) => [name, widths[i] ?? 1])));
}
