import { groupBy } from "../group-by.ts";
import { leastSquares, residualsOf } from "./least-squares.ts";
import { type Axis, type Place, type Steps, snapped } from "./plane.ts";
import { fitTrend, type PlacedCost } from "./trend.ts";

/** What was found along one axis of a family. `step` is absent where cost is smooth. */
export interface Staircase {
  readonly axis: Axis;
  readonly step?: number;
  /** Share of the variation around a smooth trend that flat treads explain, 0 to 1. */
  readonly confidence: number;
  /** Rise from one tread to the next as a fraction of the cost, at the median width; 0 when smooth. */
  readonly riser: number;
  /** Standard deviation around the fit, as a fraction of the cost: inside treads when there are steps. */
  readonly spread: number;
  readonly points: number;
}

/** Vector widths, packing and tile sizes of the runtimes known. */
const candidateSteps = [2, 4, 8, 12, 16, 32, 64];
const fewestPoints = 8;
const fewestExplained = 0.3;

/**
 * Looks for steps along both axes, the clearer one first: cost = f(ceil(width / step)) with phase 0.
 *
 * On a staircase the cost at width w is the smooth cost at the tread's end, so the deviation from a
 * smooth trend P is log P(tread end) - log P(w): a sawtooth that is known before looking. A step is
 * accepted when that sawtooth, at about its full height, explains a good part of what the trend and
 * slow curvature leave - that is, when treads are flat compared to risers - with a t-statistic over 5.
 * Looked for among all points, where no two need share a line, and on the line with the most points,
 * where nothing else varies.
 */
export function findStaircases(
  points: readonly PlacedCost[],
  axes: readonly Axis[],
): readonly Staircase[] {
  const steps: { in: number; out: number } = { in: 1, out: 1 };
  const found = new Map<Axis, Sawtooth>();
  for (let round = 0; round < axes.length; round++) {
    const open = axes.filter((axis) => !found.has(axis));
    const best = strongest(
      open.flatMap((axis) => [
        ...sawteeth(points, axis, steps),
        ...sawteeth(longestLine(points, axis), axis, steps),
      ]),
    );
    if (!best) break;
    steps[best.axis] = best.step;
    found.set(best.axis, best);
  }
  return axes.map((axis) => describe(axis, points, found.get(axis), steps));
}

function describe(
  axis: Axis,
  points: readonly PlacedCost[],
  sawtooth: Sawtooth | undefined,
  steps: Steps,
): Staircase {
  const seen = sawtooth?.points ?? points;
  const spread = deviation(curvatureFree(seen, steps));
  const common = { axis, spread, points: seen.length };
  if (!sawtooth) return { ...common, confidence: 0, riser: 0 };
  const without = deviation(curvatureFree(seen, { ...steps, [axis]: 1 }));
  const confidence = Math.max(0, 1 - (spread / without) ** 2);
  if (confidence < fewestExplained) return { ...common, confidence: 0, riser: 0 };
  return { ...common, step: sawtooth.step, confidence, riser: riserOf(sawtooth) };
}

interface Sawtooth {
  readonly axis: Axis;
  readonly step: number;
  /** Share of the leftover variance explained. */
  readonly explained: number;
  /** The points that show it. */
  readonly points: readonly PlacedCost[];
}

const strongest = (sawteeth: readonly Sawtooth[]): Sawtooth | undefined =>
  [...sawteeth].sort((a, b) => b.explained - a.explained)[0];

/** The most points that differ along the axis only. */
function longestLine(points: readonly PlacedCost[], axis: Axis): readonly PlacedCost[] {
  const lines = groupBy(points, ({ x, y }) => (axis === "in" ? y : x));
  return [...lines.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** Every candidate step along the axis that passes. */
function sawteeth(points: readonly PlacedCost[], axis: Axis, steps: Steps): readonly Sawtooth[] {
  if (points.length < fewestPoints) return [];
  const trend = fitTrend(points.map((point) => ({ ...point, ...snapped(point, steps) })));
  const left = curvatureFree(points, steps);
  if (deviation(left) < 1e-6) return [];
  return candidateSteps.flatMap((step) => {
    const stepped = { ...steps, [axis]: step };
    const sawtooth = withoutCurvature(
      points,
      points.map((point) =>
        Math.log(trend(snapped(point, stepped)) / trend(snapped(point, steps))),
      ),
    );
    const { slope, explained, significance } = regress(left, sawtooth);
    const passes = explained >= fewestExplained && slope > 0.5 && slope < 1.5 && significance > 5;
    return passes ? [{ axis, step, explained, points }] : [];
  });
}

/** Through the origin: both sides had their mean taken out with the curvature. */
function regress(left: readonly number[], sawtooth: readonly number[]) {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const power = dot(sawtooth, sawtooth);
  const total = dot(left, left);
  // A sawtooth that curvature imitates, or that no point shows, proves nothing.
  if (power < 1e-9 * left.length) return { slope: 0, explained: 0, significance: 0 };
  const slope = dot(left, sawtooth) / power;
  const rest = Math.max(total - slope * slope * power, 1e-12 * total);
  const significance =
    slope * Math.sqrt((power * Math.max(0, left.length - curvatureTerms - 1)) / rest);
  return { slope, explained: 1 - rest / total, significance };
}

/** At the median point. */
function riserOf({ points, axis, step }: Sawtooth): number {
  const trend = fitTrend(points);
  const middle = [...points].sort((a, b) => a.x * a.y - b.x * b.y)[points.length >> 1];
  if (!middle) return 0;
  const key = axis === "in" ? "x" : "y";
  return trend({ ...middle, [key]: middle[key] + step }) / trend(middle) - 1;
}

/** Log deviations from the trend over tread ends, slow curvature taken out. */
function curvatureFree(points: readonly PlacedCost[], steps: Steps): readonly number[] {
  const moved = points.map((point) => ({ ...point, ...snapped(point, steps) }));
  const trend = fitTrend(moved);
  return withoutCurvature(
    points,
    moved.map((point) => Math.log(point.cost_s / trend(point))),
  );
}

const curvatureTerms = 6;

/** Residuals after a polynomial of second degree in the logarithms of the widths. */
function withoutCurvature(points: readonly Place[], values: readonly number[]): readonly number[] {
  const u = centredLogs(points.map(({ x }) => x));
  const v = centredLogs(points.map(({ y }) => y));
  const full = points.map((_, i) => {
    const [a, b] = [u?.[i], v?.[i]];
    return [
      1,
      ...(a === undefined ? [] : [a, a * a]),
      ...(b === undefined ? [] : [b, b * b]),
      ...(a === undefined || b === undefined ? [] : [a * b]),
    ];
  });
  const coefficients = leastSquares(full, values) ?? [mean(values)];
  return residualsOf(full, values, coefficients);
}

/** Undefined where all widths are equal. */
function centredLogs(widths: readonly number[]): readonly number[] | undefined {
  if (widths.every((width) => width === widths[0])) return undefined;
  const logs = widths.map(Math.log);
  const centre = mean(logs);
  return logs.map((log) => log - centre);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => value * value)));
