import type { Place, Spot } from "./plane.ts";

/** Whether cost never falls as a width grows, by axis. */
export interface Monotone {
  readonly x: boolean;
  readonly y: boolean;
}

/** A measured place with the relative half-width of its interval. */
export interface UncertainCost extends Spot {
  readonly cost_s: number;
  readonly relativeHalfWidth: number;
}

/** Share of pairs that may contradict before growth is no longer taken for granted. */
const tolerated = 0.05;

/** Along each axis: do the measured costs never fall by more than their intervals allow? */
export function findMonotone(points: readonly UncertainCost[]): Monotone {
  const pairs = points.flatMap((low) =>
    points
      .filter((high) => low !== high && isBelow(low, high))
      .map((high) => ({ axis: axisBetween(low, high), falls: falls(low, high) })),
  );
  const grows = (axis: PairAxis) => {
    const along = pairs.filter((pair) => pair.axis === axis);
    return along.filter((pair) => pair.falls).length <= tolerated * along.length;
  };
  return { x: grows("x") && grows("both"), y: grows("y") && grows("both") };
}

/** Widths on the lanes and off them are not compared: that growing onto a lane is cheaper says nothing here. */
const isBelow = (low: Spot, high: Spot): boolean =>
  low.ragged === high.ragged && low.x <= high.x && low.y <= high.y;

type PairAxis = "x" | "y" | "both";

const axisBetween = (a: Place, b: Place): PairAxis =>
  a.y === b.y ? "x" : a.x === b.x ? "y" : "both";

const falls = (low: UncertainCost, high: UncertainCost): boolean =>
  low.cost_s >
  high.cost_s * (1 + Math.hypot(low.relativeHalfWidth, high.relativeHalfWidth) + 1e-12);

/** Costs on a grid of widths; `costs_s[i * ys.length + j]` stands at (xs[i], ys[j]). */
export interface Grid {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly costs_s: Float64Array;
  /** 1 where the cost was measured. */
  readonly measured: Uint8Array;
}

/**
 * Makes a grid grow along the monotone axes. Unmeasured nodes first go between the measured ones they
 * lie between, then every node becomes the mean of the largest cost below it and the smallest above it:
 * two growing functions, so their mean grows; measured nodes that grow already stay as they are.
 */
export function madeMonotone(grid: Grid, monotone: Monotone): Grid {
  const measuredOr = (otherwise: number) =>
    grid.costs_s.map((cost, at) => (grid.measured[at] ? cost : otherwise));
  const floor = runningMaximum(grid, measuredOr(Number.NEGATIVE_INFINITY), monotone);
  const ceiling = runningMinimum(grid, measuredOr(Number.POSITIVE_INFINITY), monotone);
  const between = grid.costs_s.map((cost, at) => {
    const [low, high] = [floor[at] ?? cost, ceiling[at] ?? cost];
    if (grid.measured[at]) return cost;
    return low <= high ? Math.min(Math.max(cost, low), high) : (low + high) / 2;
  });
  const below = runningMaximum(grid, between, monotone);
  const above = runningMinimum(grid, between, monotone);
  return { ...grid, costs_s: below.map((low, at) => (low + (above[at] ?? low)) / 2) };
}

function runningMaximum(grid: Grid, values: Float64Array, monotone: Monotone): Float64Array {
  const result = values.slice();
  const rows = grid.ys.length;
  for (let at = 0; at < result.length; at++) {
    const left = monotone.x && at >= rows ? (result[at - rows] ?? 0) : Number.NEGATIVE_INFINITY;
    const under = monotone.y && at % rows > 0 ? (result[at - 1] ?? 0) : Number.NEGATIVE_INFINITY;
    result[at] = Math.max(result[at] ?? 0, left, under);
  }
  return result;
}

/** The running maximum of the negated, reversed grid. */
const runningMinimum = (grid: Grid, values: Float64Array, monotone: Monotone): Float64Array =>
  runningMaximum(grid, values.map((value) => -value).reverse(), monotone)
    .map((value) => -value)
    .reverse();
