import type { Random } from "../src/random.ts";
import type { SearchSpace } from "./space.ts";

/** Widths of one network, in the order of the space's groups. */
export type Widths = readonly number[];

/**
 * Few networks that together hold every pair of levels of any two groups that a layer connects, and so every
 * wanted kernel: greedily, each network takes as many new pairs as it can. For a chain of groups of L levels
 * that is about L². Deterministic for a given random state.
 */
export function coveringDesign(
  space: SearchSpace,
  levels: readonly (readonly number[])[],
  random: Random,
): readonly Widths[] {
  const open = openPairs(space, levels);
  const designs: Widths[] = [];
  while ([...open.values()].some((pairs) => pairs.size > 0)) {
    const widths: number[] = [];
    for (const [group, choices] of levels.entries())
      widths.push(bestLevel(group, choices, widths, space, open, random));
    for (const { from, to } of connections(space))
      open.get(connectionKey(from, to))?.delete(pairKey(widths[from], widths[to]));
    designs.push(widths);
  }
  return designs;
}

/** Random widths from the whole range, none of them in `taken`: networks that judge the table. */
export function heldOutDesign(
  space: SearchSpace,
  count: number,
  taken: readonly Widths[],
  random: Random,
): readonly Widths[] {
  const seen = new Set(taken.map((widths) => widths.join()));
  const designs: Widths[] = [];
  // A space with fewer networks than wanted gives fewer: bounded tries, not an endless search.
  for (let tries = 0; designs.length < count && tries < 20 * count; tries++) {
    const widths = space.groups.map(({ floor, cap }) => {
      const drawn = floor + random.below(cap - floor + 1);
      const snapped = Math.round(drawn / space.grid) * space.grid;
      return Math.min(cap, Math.max(floor, snapped));
    });
    if (seen.has(widths.join())) continue;
    seen.add(widths.join());
    designs.push(widths);
  }
  return designs;
}

interface Connection {
  /** Index of the group that is read; the same as `to` for a group alone. */
  readonly from: number;
  readonly to: number;
}

/** Which groups a kernel sees together: each group with those it reads, and each alone. */
function connections({ groups }: SearchSpace): readonly Connection[] {
  return groups.flatMap((group, to) => [
    { from: to, to },
    ...group.reads
      .map((name) => groups.findIndex((other) => other.name === name))
      .filter((from) => from >= 0 && from !== to)
      .map((from) => ({ from, to })),
  ]);
}

const connectionKey = (from: number, to: number): string => `${from}-${to}`;
const pairKey = (a: number | undefined, b: number | undefined): string => `${a}x${b}`;

type OpenPairs = ReadonlyMap<string, Set<string>>;

function openPairs(space: SearchSpace, levels: readonly (readonly number[])[]): OpenPairs {
  return new Map(
    connections(space).map(({ from, to }) => [
      connectionKey(from, to),
      new Set(
        (levels[to] ?? []).flatMap((b) =>
          from === to ? [pairKey(b, b)] : (levels[from] ?? []).map((a) => pairKey(a, b)),
        ),
      ),
    ]),
  );
}

/**
 * The level that closes most pairs with the groups already chosen; among equals the one with most pairs
 * still open towards groups to come, then chance.
 */
function bestLevel(
  group: number,
  choices: readonly number[],
  chosen: readonly number[],
  space: SearchSpace,
  open: OpenPairs,
  random: Random,
): number {
  const touching = connections(space).filter(({ from, to }) => from === group || to === group);
  const score = (level: number, { from, to }: Connection): number => {
    const pairs = open.get(connectionKey(from, to)) ?? new Set();
    const a = from === group ? level : chosen[from];
    const b = to === group ? level : chosen[to];
    if (a === undefined || b === undefined) return openFor(pairs, level, from === group) / 1e2;
    return pairs.has(pairKey(a, b)) ? 1e2 : 0;
  };
  const scored = choices.map((level) => ({
    level,
    score: touching.reduce((sum, link) => sum + score(level, link), random.uniform() / 1e3),
  }));
  return scored.toSorted((a, b) => b.score - a.score)[0]?.level ?? 1;
}

/** Open pairs that hold the level on its side. */
function openFor(pairs: ReadonlySet<string>, level: number, isFrom: boolean): number {
  const matches = (pair: string): boolean =>
    isFrom ? pair.startsWith(`${level}x`) : pair.endsWith(`x${level}`);
  return [...pairs].filter(matches).length;
}
