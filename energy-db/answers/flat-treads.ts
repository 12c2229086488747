import { groupBy } from "../group-by.ts";
import { type Axis, type Structure, spotOf } from "./plane.ts";
import type { PlacedCost } from "./trend.ts";

/** Treads rise by at most this power of the width (1 would be proportional), and by this share of what risers do. */
const flat = { elasticity: 0.15, ofRisers: 0.3 };
/** Scattered widths meet on a line by chance, a crossed design does on at least so many of so many points. */
const crossed = { lines: 3, points: 5 };
/** Ratios this close count as equal: the longer tread is taken. */
const equallyFlat = 0.1;

/**
 * The steps between whose multiples cost is flattest, if it is flat: along lines on which nothing else changes, cost
 * grows between treads and not within them. Holds whatever the other axis does, so no trend is needed.
 */
export function flattestTreads(
  lines: readonly Line[],
  multiples: readonly number[],
): { readonly multiple: number; readonly ratio: number } | undefined {
  if (lines.length < crossed.lines) return undefined;
  const passing = multiples.flatMap((multiple) => {
    const found = flatness(lines, multiple);
    return found?.isFlat ? [{ multiple, ratio: found.ratio }] : [];
  });
  const flattest = Math.min(...passing.map(({ ratio }) => ratio));
  return passing.findLast(({ ratio }) => ratio <= flattest + equallyFlat);
}

/** Two measured widths next to each other on one line, and how much wider and dearer the second is, as logarithms. */
interface Neighbours {
  readonly widths: readonly [number, number];
  readonly wider: number;
  readonly dearer: number;
}

/** The pairs along one line, by width. */
export type Line = readonly Neighbours[];

/** Lines along an axis with enough points on them. */
export function linesAlong(
  points: readonly PlacedCost[],
  axis: Axis,
  structure: Structure,
): readonly Line[] {
  const width = (point: PlacedCost) => (axis === "in" ? point.x : point.y);
  const lines = groupBy(points, (point) => {
    const spot = spotOf(point, structure);
    return `${axis === "in" ? spot.y : spot.x}/${spot.ragged}`;
  });
  const long = [...lines.values()].filter(({ length }) => length >= crossed.points);
  return long.map((line) => {
    const ordered = [...line].sort((a, b) => width(a) - width(b));
    return ordered.slice(1).flatMap((point, i) => {
      const before = ordered[i];
      if (!before || width(before) === width(point)) return [];
      return {
        widths: [width(before), width(point)] as const,
        wider: Math.log(width(point) / width(before)),
        dearer: Math.log(point.cost_s / before.cost_s),
      };
    });
  });
}

/**
 * How much cost rises within treads, over what it would rise at the elasticity of the riser beside each: cost is
 * flatter at narrow widths anyway, so only near ones compare. Undefined where too little of either is measured.
 */
export function flatness(lines: readonly Line[], multiple: number): Flatness | undefined {
  const isTread = ({ widths: [first, second] }: Neighbours) =>
    Math.ceil(first / multiple) === Math.ceil(second / multiple);
  const within = lines.flatMap((line) => line.filter(isTread));
  if (growthOf(within) < shownGrowth) return undefined;
  if (elasticity(within) > flat.elasticity) return { ratio: 1, isFlat: false };
  const beside = lines.flatMap((line) =>
    line.flatMap((pair, i) => {
      const risers = [line[i - 1], line[i + 1]].flatMap((next) =>
        next && !isTread(next) ? [next] : [],
      );
      return isTread(pair) && risers.length > 0 ? [{ pair, riser: elasticity(risers) }] : [];
    }),
  );
  if (growthOf(beside.map(({ pair }) => pair)) < shownGrowth) return undefined;
  const expected = beside.reduce((sum, { pair, riser }) => sum + riser * pair.wider, 0);
  const ratio = beside.reduce((sum, { pair }) => sum + pair.dearer, 0) / expected;
  return { ratio, isFlat: expected > 0 && ratio <= flat.ofRisers };
}

interface Flatness {
  readonly ratio: number;
  readonly isFlat: boolean;
}

/** Pairs show something when they span a width ratio of e^2 together: 1 % of noise then makes an elasticity of 0.02. */
const shownGrowth = 2;

const growthOf = (pairs: readonly Neighbours[]): number =>
  pairs.reduce((sum, { wider }) => sum + wider, 0);

/** Of all pairs together, so that the noise of close ones averages out. */
const elasticity = (pairs: readonly Neighbours[]): number =>
  pairs.reduce((sum, { dearer }) => sum + dearer, 0) / growthOf(pairs);
