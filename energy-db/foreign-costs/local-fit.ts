import { Matrix, solve } from "ml-matrix";
import { median } from "../../src/statistics.ts";
import { type NearestFinder, type Near as NearPoint, nearestFinder } from "./nearest.ts";

/** A cost at some widths; both above zero. */
export interface CostPoint {
  readonly widths: readonly number[];
  readonly cost: number;
}

export interface LocalCost {
  readonly cost: number;
  /** Half of the 95 % interval. */
  readonly half: number;
}

/** Answers between the points of one family; undefined outside them. */
export type LocalFit = (widths: readonly number[]) => LocalCost | undefined;

/** A width and a cost as logarithms: a doubling is as far at 8 channels as at 512. */
interface LogPoint {
  readonly at: readonly number[];
  readonly value: number;
}

type Near = NearPoint<LogPoint>;

/** Points left out of themselves to learn how wrong answers are. */
const mostScored = 200;
/** Fewer have no residual that 95 of 100 stay below: the largest is stretched. */
const enoughScored = 19;
const covered = 0.95;
/** Beyond an octave nothing is near. */
const farthest = 1;

/**
 * Costs by linear regression on the nearest points, in logarithms. The interval is as wide as such answers were wrong at
 * points left out, in units of how wrong they are nearby: normalised conformal prediction (Papadopoulos et al. 2008) with
 * residuals of points left out, so that 95 of 100 rows left out lie inside it whatever the noise is like.
 */
export function localFit(points: readonly CostPoint[]): LocalFit {
  const logs = points.map(
    ({ widths, cost }): LogPoint => ({ at: widths.map(Math.log2), value: Math.log(cost) }),
  );
  const ranges = rangesOf(logs);
  const nearest = nearestFinder(logs);
  const known = neighbourhoods(nearest);
  const residual = (point: LogPoint, without?: LogPoint): number | undefined => {
    const predicted = predict(known(point, without), point.at);
    return predicted === undefined ? undefined : Math.abs(predicted - point.value);
  };
  const scored = inside(logs, ranges).flatMap((point) => {
    const own = residual(point);
    return own === undefined ? [] : [{ point, residual: own }];
  });
  const floor = 0.25 * median([0, ...scored.map((one) => one.residual)]) + 1e-12;
  // The neighbours' residuals are those they would have without the point asked for, whether it is known or not.
  const scaleAt = (near: readonly Near[], without?: LogPoint) => {
    const residuals = near.flatMap(({ point }) => residual(point, without) ?? []);
    return floor + residuals.reduce((sum, value) => sum + value, 0) / Math.max(1, residuals.length);
  };
  const scores = scored
    .map(({ point, residual: own }) => own / scaleAt(known(point), point))
    .sort((a, b) => a - b);
  const rank = Math.min(scores.length, Math.ceil(covered * (scores.length + 1)));
  const stretch = Math.max(1, enoughScored / scores.length);
  const factor = rank === 0 ? undefined : (scores[rank - 1] ?? 0) * stretch;
  return (widths) => {
    const at = widths.map(Math.log2);
    if (factor === undefined || !isInside(at, ranges)) return undefined;
    const near = nearest(at, neighbours(at.length));
    const value = predict(near, at);
    if (value === undefined) return undefined;
    const cost = Math.exp(value);
    // Half of what lies between a factor less and the same factor more.
    return { cost, half: cost * Math.sinh(factor * scaleAt(near)) };
  };
}

type Range = readonly [low: number, high: number];

const rangesOf = (points: readonly LogPoint[]): readonly Range[] =>
  (points[0]?.at ?? []).map((_, axis) =>
    points.reduce<Range>(
      ([low, high], { at }) => [Math.min(low, at[axis] ?? low), Math.max(high, at[axis] ?? high)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ),
  );

const isInside = (at: readonly number[], ranges: readonly Range[]): boolean =>
  ranges.every(([low, high], axis) => {
    const value = at[axis] ?? Number.NaN;
    return low - 1e-9 <= value && value <= high + 1e-9;
  });

/** Points that would lie inside the ranges of the others too, evenly thinned where they are many. */
function inside(points: readonly LogPoint[], ranges: readonly Range[]): readonly LogPoint[] {
  const ends = ranges.map((range, axis) =>
    range.map((end) => points.filter(({ at }) => at[axis] === end).length),
  );
  const inner = points.filter(({ at }) =>
    ranges.every((range, axis) =>
      range.every((end, side) => at[axis] !== end || (ends[axis]?.[side] ?? 0) > 1),
    ),
  );
  const every = Math.max(1, Math.ceil(inner.length / mostScored));
  return inner.filter((_, i) => i % every === 0);
}

const neighbours = (axes: number): number => 4 + 2 * axes;

/** The regression's value at a place; undefined where nothing is near. */
function predict(near: readonly Near[], at: readonly number[]): number | undefined {
  const reach = near.at(-1)?.distance ?? Number.POSITIVE_INFINITY;
  if (near.length <= at.length || (near[0]?.distance ?? reach) > farthest) return undefined;
  const rows = near.map(({ point, distance }) => {
    const weight = Math.sqrt((1 - (distance / (1.01 * reach + 1e-12)) ** 3) ** 3);
    const offsets = point.at.map((value, axis) => value - (at[axis] ?? 0));
    return { terms: [1, ...offsets].map((term) => weight * term), value: weight * point.value };
  });
  // A little of no slope decides where the neighbours lie on a line.
  const ridge = at.map((_, axis) => [1, ...at].map((__, i) => (i === axis + 1 ? 1e-3 * reach : 0)));
  const design = new Matrix([...rows.map(({ terms }) => terms), ...ridge]);
  const targets = Matrix.columnVector([...rows.map(({ value }) => value), ...at.map(() => 0)]);
  const transposed = design.transpose();
  return solve(transposed.mmul(design), transposed.mmul(targets)).get(0, 0);
}

/** The nearest points to a known one, itself and perhaps another left out; found once for each. */
function neighbourhoods(nearest: NearestFinder<LogPoint>) {
  const found = new Map<LogPoint, readonly Near[]>();
  return (point: LogPoint, without?: LogPoint): readonly Near[] => {
    const count = neighbours(point.at.length);
    const near = found.get(point) ?? nearest(point.at, count + 2);
    found.set(point, near);
    return near.filter((other) => other.point !== point && other.point !== without).slice(0, count);
  };
}
