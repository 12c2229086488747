import { groupBy } from "../group-by.ts";
import { convexHull, isInside } from "./hull.ts";
import { type Deviations, fitDeviations } from "./kriging.ts";
import {
  findMonotone,
  type Grid,
  type Monotone,
  madeMonotone,
  type UncertainCost,
} from "./monotone.ts";
import { rowsOfNearest } from "./nearest.ts";
import type { MeasuredKernel } from "./observations.ts";
import {
  type Axis,
  hasOneAxis,
  type Place,
  placeOf,
  type Spot,
  type Structure,
  spotOf,
} from "./plane.ts";
import { findStaircases, type Staircase, structureOf } from "./staircase.ts";
import { fitTrend } from "./trend.ts";

/** Cost of one family of kernels over the plane of its channel counts. */
export interface Surface {
  readonly staircases: readonly Staircase[];
  readonly structure: Structure;
  /** Undefined outside the hull of what was measured: nothing is extrapolated. */
  at(place: Place): SurfacePoint | undefined;
}

interface SurfacePoint {
  readonly latency_s: number;
  readonly relativeHalfWidth: number;
  /** Measurement rows of the nearest measured kernels. */
  readonly rows: readonly number[];
}

/** One or more measured kernels on the same tread, all on the lanes or all off them. */
interface Node extends UncertainCost {
  readonly rows: readonly number[];
}

/**
 * Between measured widths: every width moves to the end of its tread, where steps were found; widths on and
 * off the lanes have surfaces of their own, where lanes were found. A smooth trend plus kriged deviations
 * gives the cost at every crossing of measured widths; measured crossings keep their cost; the grid is made
 * to grow along the axes on which the measurements grow; and cells of the grid are bilinear, so that answers
 * grow with it. A design that measures each pair of layers at both widths' ends in all four combinations
 * makes the hull the whole rectangle.
 */
export function fitSurface(kernels: readonly MeasuredKernel[]): Surface {
  const staircases = findStaircases(
    kernels.map(({ kernel, latency_s }) => ({ ...placeOf(kernel), cost_s: latency_s })),
    axesOf(kernels),
  );
  const structure = structureOf(staircases);
  const nodes = nodesOf(kernels, structure);
  const hull = convexHull(nodes);
  const trend = fitTrend(nodes);
  const deviations = fitDeviations(
    nodes.map((node) => ({ ...node, value: Math.log(node.cost_s / trend.at(node)) })),
  );
  const cost = (spot: Spot) => trend.at(spot) * Math.exp(deviations.at(spot));
  const gridFor = gridsOnDemand(nodes, cost, findMonotone(nodes));
  const relativeHalfWidth = interpolationHalfWidth(nodes, trend.terms, deviations);
  const nearestRows = rowsOfNearest(nodes);
  return {
    staircases,
    structure,
    at: (place) => {
      const spot = spotOf(place, structure);
      if (!isInside(hull, spot)) return undefined;
      return {
        latency_s: bilinear(gridFor(spot.ragged), spot),
        relativeHalfWidth,
        get rows() {
          return nearestRows(spot);
        },
      };
    },
  };
}

function axesOf(kernels: readonly MeasuredKernel[]): readonly Axis[] {
  const [first] = kernels;
  return first && hasOneAxis(first.kernel) ? ["in"] : ["in", "out"];
}

/** Kernels of one tread share one cost: their mean. */
function nodesOf(kernels: readonly MeasuredKernel[], structure: Structure): readonly Node[] {
  const placed = kernels.map((measured) => ({
    ...spotOf(placeOf(measured.kernel), structure),
    measured,
  }));
  const treads = groupBy(placed, ({ x, y, ragged }) => `${x}/${y}/${ragged}`);
  return [...treads.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { x, y, ragged } = first;
    const mean = (of: (kernel: MeasuredKernel) => number) =>
      group.reduce((sum, { measured }) => sum + of(measured), 0) / group.length;
    return [
      {
        x,
        y,
        ragged,
        cost_s: mean(({ latency_s }) => latency_s),
        relativeHalfWidth: mean((kernel) => kernel.relativeHalfWidth) / Math.sqrt(group.length),
        rows: group.flatMap(({ measured }) => measured.rows),
      },
    ];
  });
}

/** One grid for widths on the lanes and one for each way of being off them, made when first asked for. */
function gridsOnDemand(
  nodes: readonly Node[],
  cost: (spot: Spot) => number,
  monotone: Monotone,
): (ragged: number) => Grid {
  const made = new Map<number, Grid>();
  return (ragged) => {
    const known = made.get(ragged);
    if (known) return known;
    const grid = madeMonotone(gridOf(nodes, ragged, cost), monotone);
    made.set(ragged, grid);
    return grid;
  };
}

function gridOf(nodes: readonly Node[], ragged: number, cost: (spot: Spot) => number): Grid {
  const xs = [...new Set(nodes.map(({ x }) => x))].sort((a, b) => a - b);
  const ys = [...new Set(nodes.map(({ y }) => y))].sort((a, b) => a - b);
  const costs_s = Float64Array.from(xs.flatMap((x) => ys.map((y) => cost({ x, y, ragged }))));
  const measured = new Uint8Array(costs_s.length);
  for (const node of nodes.filter((candidate) => candidate.ragged === ragged)) {
    const at = xs.indexOf(node.x) * ys.length + ys.indexOf(node.y);
    costs_s[at] = node.cost_s;
    measured[at] = 1;
  }
  return { xs, ys, costs_s, measured };
}

/**
 * 95 % of the errors of leaving one point out, which hold noise and interpolation alike: their root mean
 * square times Student's quantile for the points that the trend leaves free, 1.96 (1 + 2 / freedom) within
 * a tenth from two on. Where none is free: half of the range between them.
 */
function interpolationHalfWidth(
  nodes: readonly Node[],
  terms: number,
  { errors }: Deviations,
): number {
  const own = Math.max(...nodes.map((node) => node.relativeHalfWidth));
  const freedom = nodes.length - terms;
  if (freedom > 0) return Math.max(own, rootMeanSquare(errors) * 1.96 * (1 + 2 / freedom));
  const costs = nodes.map(({ cost_s }) => cost_s);
  return own + (Math.max(...costs) / Math.min(...costs) - 1) / 2;
}

const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

function bilinear({ xs, ys, costs_s }: Grid, { x, y }: Place): number {
  const [left, across] = cellOf(xs, x);
  const [under, up] = cellOf(ys, y);
  const cost = (i: number, j: number) =>
    costs_s[Math.min(i, xs.length - 1) * ys.length + Math.min(j, ys.length - 1)] ?? 0;
  const low = cost(left, under) * (1 - across) + cost(left + 1, under) * across;
  if (up === 0) return low;
  const high = cost(left, under + 1) * (1 - across) + cost(left + 1, under + 1) * across;
  return low * (1 - up) + high * up;
}

/** Index of the last grid line at or below the width, and how far it is to the next, 0 to 1. */
function cellOf(lines: readonly number[], width: number): readonly [number, number] {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] ?? 0) <= width) low = middle;
    else high = middle - 1;
  }
  const start = lines[low] ?? width;
  const end = lines[low + 1];
  return [low, end === undefined ? 0 : (width - start) / (end - start)];
}
