import { quantile } from "../../src/statistics.ts";
import { at } from "./problem.ts";

/** How many times the other steps of a cost curve those at the ends of treads have to be. */
const leastContrast = 1.25;

/** Treads of more channels than this are looked for nowhere. */
const longestTread = 64;

/** Of stairs one has to see as many ends of treads as this. */
const leastEnds = 2;

/**
 * How many channels the treads of costs are long: a power of two, the least after whose multiples every curve rises by
 * clearly more than elsewhere, or 1 where there is none. Where a runtime rounds up outputs alone, costs rise within a
 * tread as well, by what the next layer's inputs take; so no width costs as little as a wider one, and yet the ends of treads
 * are the better bargain. Quartiles are compared, so that neither the bend of a curve nor a lone jump passes for stairs.
 */
export function treadLength(widths: readonly number[], curves: readonly Float64Array[]): number {
  for (let length = 2; length <= longestTread; length *= 2)
    if (curves.every((curve) => risesAfter(length, widths, curve))) return length;
  return 1;
}

function risesAfter(length: number, widths: readonly number[], curve: Float64Array): boolean {
  const ends: number[] = [];
  const others: number[] = [];
  widths.slice(1).forEach((next, level) => {
    const width = at(widths, level);
    const step = (at(curve, level + 1) - at(curve, level)) / (next - width);
    if (Number.isNaN(step)) return;
    (isOnTreadOf(length, width, next) ? others : ends).push(step);
  });
  if (ends.length < leastEnds || others.length === 0) return false;
  return quantile(ends, 0.25) > leastContrast * quantile(others, 0.75);
}

/** Whether two widths lie on one tread. */
export const isOnTreadOf = (length: number, width: number, wider: number): boolean =>
  Math.ceil(width / length) === Math.ceil(wider / length);
