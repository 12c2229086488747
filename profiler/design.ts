import type { Random } from "../src/random.ts";
import type { SearchSpace } from "./space.ts";

/** Widths of one network, in the order of the space's groups. */
export type Widths = readonly number[];

/** Channels that runtimes pack together: costs have edges at its multiples and at those of its half. */
const block = 16;
/** Runtimes that pack channels at all want multiples of this. */
const alignment = 4;

/**
 * How a design network's widths are rounded. Kernels differ by it more than by size: whole blocks, half blocks, aligned
 * widths, widths just past an edge (so that w and w + 1 are both measured), and any width at all.
 */
const roundings = ["blocks", "half blocks", "aligned", "past an edge", "any"] as const;
type Rounding = (typeof roundings)[number] | "past an edge, aligned";

/** Standard deviation of a width around its network's size, in natural logarithms: between neighbours of a found net. */
const spread = 0.45;
/** More networks are small than large: small ones are decided by overheads and edges, large ones by arithmetic. */
const smallness = 1.3;

/**
 * Networks that make the costs identifiable: evenly spread in the logarithm of their size from the floors to the caps,
 * denser at the small end, every width drawn around its network's size and rounded in one of five ways, the same for all
 * of a network or another for each group. Both ends are networks of their own, so that nothing inside is extrapolated.
 */
export function spreadDesign(space: SearchSpace, count: number, random: Random): readonly Widths[] {
  const ends = [space.groups.map(({ floor }) => floor), space.groups.map(({ cap }) => cap)];
  const drawn = distinctWidths(count - ends.length, ends, (i) => {
    const size = ((i + random.uniform()) / Math.max(1, count - ends.length)) ** smallness;
    const common = random.below(2) === 0 ? roundings[random.below(roundings.length)] : undefined;
    return widthsOfSize(space, size, () => spread * random.normal()).map((width, group) =>
      rounded(width, common ?? roundings[random.below(roundings.length)] ?? "any", {
        space,
        group,
        random,
      }),
    );
  });
  return [...ends, ...drawn.map(({ widths }) => widths)].slice(0, count);
}

/** Sizes of networks with a repeated part: small enough that the part is most of what they cost. */
const ladderSizes = { from: 0, to: 0.6 };

/** Widths for networks with a repeated part: by turns in whole blocks and just past an edge, spread over small sizes. */
export function ladderDesign(space: SearchSpace, count: number, random: Random): readonly Widths[] {
  return Array.from({ length: count }, (_, i) => {
    const share = (Math.floor(i / 2) + random.uniform()) / Math.max(1, Math.ceil(count / 2));
    const size = ladderSizes.from + share * (ladderSizes.to - ladderSizes.from);
    const rounding = i % 2 === 0 ? "blocks" : "past an edge, aligned";
    return widthsOfSize(space, size, () => 0).map((width, group) =>
      rounded(width, rounding, { space, group, random }),
    );
  });
}

/** A network held out to judge the costs, and the family of networks it stands for. */
export interface HeldOut {
  readonly family: HeldOutFamily;
  readonly widths: Widths;
}

/** The families that searches visit. */
export const heldOutFamilies = [
  "uniform",
  "early tilt",
  "late tilt",
  "grown path",
  "random",
] as const;
export type HeldOutFamily = (typeof heldOutFamilies)[number];

/** Networks like those that searches visit, evenly over the families and over the logarithm of size; none is in `taken`. */
export function heldOutDesign(
  space: SearchSpace,
  count: number,
  taken: readonly Widths[],
  random: Random,
): readonly HeldOut[] {
  const families = Array.from(
    { length: count },
    (_, i) => heldOutFamilies[i % heldOutFamilies.length] ?? "random",
  );
  const rounds = Math.ceil(count / heldOutFamilies.length);
  const drawn = distinctWidths(count, taken, (place) => {
    const size = (Math.floor(place / heldOutFamilies.length) + random.uniform()) / rounds;
    return heldOutRules[families[place] ?? "random"](space, size, random);
  });
  return drawn.map(({ place, widths }) => ({ family: families[place] ?? "random", widths }));
}

type HeldOutRule = (space: SearchSpace, size: number, random: Random) => Widths;

/** Strength of a tilt: the first group's width over the last's, against the same of a uniform network, is e to twice this. */
const tilt = 0.6;

const heldOutRules: { readonly [F in HeldOutFamily]: HeldOutRule } = {
  uniform: (space, size) =>
    widthsOfSize(space, size, () => 0).map((width, group) =>
      within(space, group, Math.floor(width)),
    ),
  "early tilt": (space, size) => tilted(space, size, tilt),
  "late tilt": (space, size) => tilted(space, size, -tilt),
  "grown path": grownPath,
  random: (space, size, random) =>
    widthsOfSize(space, size, () => spread * random.normal()).map((width, group) =>
      within(space, group, Math.round(width)),
    ),
};

function tilted(space: SearchSpace, size: number, strength: number): Widths {
  const last = Math.max(1, space.groups.length - 1);
  return widthsOfSize(space, size, (group) => strength * (1 - (2 * group) / last)).map(
    (width, group) => multipleWithin(space, group, width, block / 2),
  );
}

/** As a search grows: from the floors, half a block at a time, now here, now there, until the size is reached. */
function grownPath(space: SearchSpace, size: number, random: Random): Widths {
  const target = widthsOfSize(space, size, () => 0).reduce((sum, width) => sum + width, 0);
  const widths = space.groups.map(({ floor }) => floor);
  const eager = space.groups.map(() => random.uniform());
  for (let tries = 0; tries < 1e4; tries++) {
    if (widths.reduce((sum, width) => sum + width, 0) >= target) break;
    const group = random.below(widths.length);
    if (random.uniform() > (eager[group] ?? 0)) continue;
    widths[group] = multipleWithin(space, group, (widths[group] ?? 0) + block / 2, block / 2);
  }
  return widths;
}

/** Widths at a share of the way from the floors (0) to the caps (1), by logarithms, each moved by a deviation of its own. */
const widthsOfSize = (
  { groups }: SearchSpace,
  size: number,
  deviation: (group: number) => number,
): Widths =>
  groups.map(({ floor, cap }, group) =>
    Math.exp(Math.log(floor) + size * Math.log(cap / floor) + deviation(group)),
  );

interface RoundingPlace {
  readonly space: SearchSpace;
  readonly group: number;
  readonly random: Random;
}

function rounded(width: number, rounding: Rounding, { space, group, random }: RoundingPlace) {
  switch (rounding) {
    case "blocks":
      return multipleWithin(space, group, width, block);
    case "half blocks":
      return multipleWithin(space, group, width, block / 2);
    case "aligned":
      return multipleWithin(space, group, width, alignment);
    case "past an edge": {
      const edge = Math.max(block, Math.round(width / block) * block);
      return within(space, group, edge + Math.max(1, space.grid, 1 + random.below(alignment)));
    }
    case "past an edge, aligned":
      return within(space, group, Math.max(block, Math.round(width / block) * block) + alignment);
    case "any":
      return within(space, group, Math.round(width));
  }
}

const multipleWithin = (space: SearchSpace, group: number, width: number, multiple: number) =>
  within(space, group, Math.max(multiple, Math.round(width / multiple) * multiple));

/** On the space's grid and between the group's floor and cap. */
function within({ groups, grid }: SearchSpace, group: number, width: number): number {
  const { floor = 1, cap = 1 } = groups[group] ?? {};
  return Math.min(cap, Math.max(floor, Math.round(width / grid) * grid));
}

/** Tries at one place of a design before it is left empty. */
const triesPerNetwork = 20;

/**
 * One network for each place, none twice and none in `taken`; places for which none is left are skipped, as in small
 * spaces: bounded tries, not an endless search.
 */
function distinctWidths(
  count: number,
  taken: readonly Widths[],
  draw: (place: number) => Widths,
): readonly { readonly place: number; readonly widths: Widths }[] {
  const seen = new Set(taken.map((widths) => widths.join()));
  return Array.from({ length: Math.max(0, count) }, (_, place) => place).flatMap((place) => {
    for (let tries = 0; tries < triesPerNetwork; tries++) {
      const widths = draw(place);
      if (seen.has(widths.join())) continue;
      seen.add(widths.join());
      return [{ place, widths }];
    }
    return [];
  });
}
