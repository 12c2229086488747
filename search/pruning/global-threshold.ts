import type { Importance } from "./importance.ts";

/**
 * Widths after dropping the least important channels of the whole network, one after the other, until `fits`; each group
 * rounded up to a width on offer, so never below the narrowest. The last widths tried are the narrowest on offer.
 */
export function pruneByThreshold(
  importance: Importance,
  candidates: ReadonlyMap<string, readonly number[]>,
  fits: (widths: ReadonlyMap<string, number>) => boolean,
): ReadonlyMap<string, number> {
  const channels = [...importance].flatMap(([group, values]) =>
    Array.from(values, (value) => ({ group, value })),
  );
  const left = new Map([...importance].map(([group, { length }]) => [group, length]));
  const rounded = (): ReadonlyMap<string, number> =>
    new Map(
      [...left].map(([group, count]) => [group, roundUp(count, candidates.get(group) ?? [])]),
    );
  let widths = rounded();
  for (const { group } of channels.sort((a, b) => a.value - b.value)) {
    if (fits(widths)) return widths;
    left.set(group, (left.get(group) ?? 0) - 1);
    const width = roundUp(left.get(group) ?? 0, candidates.get(group) ?? []);
    if (width !== widths.get(group)) widths = rounded();
  }
  return widths;
}

/** The narrowest width on offer that keeps `count` channels; the count where none is. */
const roundUp = (count: number, offered: readonly number[]): number =>
  offered.find((width) => width >= count) ?? count;
