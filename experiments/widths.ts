import { type Network, withWidths } from "../src/network/network.ts";
import { type WidthGroup, widthGroups } from "../src/network/width-groups.ts";

/** Groups that something reads: all but the output. */
export const growingGroups = (network: Network): readonly WidthGroup[] =>
  widthGroups(network).filter(({ consumers }) => consumers.length > 0);

/** Widths by growing group, in network order. */
export const growingWidths = (network: Network): ReadonlyMap<string, number> =>
  new Map(growingGroups(network).map(({ name, width }) => [name, width]));

/** The network with these widths of its growing groups, in network order. */
export function withGrowingWidths(network: Network, widths: readonly number[]): Network {
  const groups = growingGroups(network);
  if (groups.length !== widths.length)
    throw new Error(`${widths.length} widths for ${groups.length} groups of ${network.name}`);
  return withWidths(
    network,
    new Map(
      groups.flatMap(({ writers }, i) =>
        writers.map((writer) => [writer, widths[i] ?? 1] as const),
      ),
    ),
  );
}

/** "8-16-24x6-32": equal neighbours together. */
export function widthsText(widths: readonly number[]): string {
  const runs: { readonly width: number; times: number }[] = [];
  for (const width of widths) {
    const last = runs[runs.length - 1];
    if (last?.width === width) last.times++;
    else runs.push({ width, times: 1 });
  }
  return runs.map(({ width, times }) => (times > 1 ? `${width}x${times}` : `${width}`)).join("-");
}
