import { groupBy } from "../group-by.ts";
import { flatness, flattestTreads, linesAlong } from "./flat-treads.ts";
import { leastSquares, residualsOf } from "./least-squares.ts";
import { type Axis, type Place, type Spot, type Structure, spotOf } from "./plane.ts";
import { fitTrend, type PlacedCost } from "./trend.ts";

/** What was found along one axis of a family. */
export interface Staircase {
  readonly axis: Axis;
  /** Cost is constant up to the next multiple; absent where it is not. */
  readonly step?: number;
  /** Widths that are no multiple cost more than those that are; absent where all follow one curve. */
  readonly lanes?: number;
  /** Share of the variation around a smooth trend that steps and lanes explain, 0 to 1. */
  readonly confidence: number;
  /** Rise from one tread to the next as a fraction of the cost, at the median width; 0 without steps. */
  readonly riser: number;
  /** Standard deviation around the fit, as a fraction of the cost: inside treads when there are steps. */
  readonly spread: number;
  readonly points: number;
}

/** Vector widths, packing and tile sizes of the runtimes known; lanes in order of likelihood. */
const candidates = { steps: [2, 4, 8, 12, 16, 32, 64], lanes: [4, 16, 8, 2, 32] };
/** Lanes that explain this much less count as equal: the measured widths cannot tell, the likelier is taken. */
const indistinct = 0.02;
const fewestPoints = 8;
const fewestExplained = 0.3;
const fewestOnEachSide = 3;
const smooth: Structure = { steps: { in: 1, out: 1 }, lanes: { in: 1, out: 1 } };

/**
 * Looks for steps and lanes along each axis, the clearest first.
 *
 * Steps: cost = f(ceil(width / step)) with phase 0. On a staircase the cost at width w is the smooth cost at
 * the tread's end, so the deviation from a smooth trend P is log P(tread end) - log P(w): a sawtooth that is
 * known before looking. A step is accepted when that sawtooth, at about its full height, explains a good part
 * of what the trend and slow curvature leave - that is, when treads are flat compared to risers - with a
 * t-statistic over 5. Looked for among all points, where no two need share a line, and on the line with the
 * most points, where nothing else varies.
 *
 * Before that, steps are looked for directly, where enough points share lines: flat-treads.ts.
 *
 * Lanes: a comb, not a staircase. Accepted when an own, higher trend for widths off the lanes explains a good
 * part of what one trend for all leaves, with an F-statistic over 5.
 */
export function findStaircases(
  points: readonly PlacedCost[],
  axes: readonly Axis[],
): readonly Staircase[] {
  let structure = smooth;
  const found: Finding[] = [];
  for (let round = 0; round < 2 * axes.length; round++) {
    const best = axes
      .flatMap((axis) => [
        ...treads(points, axis, structure),
        ...sawteeth(points, axis, structure),
        ...sawteeth(longestLine(points, axis), axis, structure),
        ...combs(points, axis, structure),
      ])
      .sort((a, b) => weight(b) - weight(a))[0];
    if (!best) break;
    found.push(best);
    structure = withFinding(structure, best);
  }
  return axes.map((axis) => describe(axis, points, found, structure));
}

/** The structure that the findings along both axes make. */
export function structureOf(staircases: readonly Staircase[]): Structure {
  const along = (axis: Axis) => staircases.find((staircase) => staircase.axis === axis);
  return {
    steps: { in: along("in")?.step ?? 1, out: along("out")?.step ?? 1 },
    lanes: { in: along("in")?.lanes ?? 1, out: along("out")?.lanes ?? 1 },
  };
}

interface Finding {
  readonly kind: "steps" | "lanes";
  readonly axis: Axis;
  readonly multiple: number;
  /** Share of the leftover variance explained. */
  readonly explained: number;
  /** The points that show it. */
  readonly points: readonly PlacedCost[];
}

/** Steps need no coefficients of their own, so they win where lanes explain hardly more. */
const weight = ({ kind, explained }: Finding): number =>
  explained + (kind === "steps" ? 5 * indistinct : 0);

const withFinding = (
  structure: Structure,
  { kind, axis, multiple }: Pick<Finding, "kind" | "axis" | "multiple">,
): Structure => ({ ...structure, [kind]: { ...structure[kind], [axis]: multiple } });

function describe(
  axis: Axis,
  points: readonly PlacedCost[],
  findings: readonly Finding[],
  structure: Structure,
): Staircase {
  const own = findings.filter((finding) => finding.axis === axis);
  const step = own.find(({ kind }) => kind === "steps");
  const lanes = own.find(({ kind }) => kind === "lanes");
  const seen = own.reduce((fewest, finding) => {
    return finding.points.length < fewest.length ? finding.points : fewest;
  }, points);
  const without = {
    steps: { ...structure.steps, [axis]: 1 },
    lanes: { ...structure.lanes, [axis]: 1 },
  };
  const spread = deviation(leftover(seen, structure));
  return {
    axis,
    ...(step ? { step: step.multiple } : {}),
    ...(lanes ? { lanes: lanes.multiple } : {}),
    confidence:
      own.length === 0 ? 0 : Math.max(0, 1 - (spread / deviation(leftover(seen, without))) ** 2),
    riser: step ? riserOf(step, structure) : 0,
    spread,
    points: seen.length,
  };
}

/** The most points that differ along the axis only. */
function longestLine(points: readonly PlacedCost[], axis: Axis): readonly PlacedCost[] {
  const lines = groupBy(points, ({ x, y }) => (axis === "in" ? y : x));
  return [...lines.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}

/** Every candidate step along the axis that passes. */
function sawteeth(
  points: readonly PlacedCost[],
  axis: Axis,
  structure: Structure,
): readonly Finding[] {
  if (points.length < fewestPoints || structure.steps[axis] > 1) return [];
  const trend = fitTrend(onSpots(points, structure));
  const left = leftover(points, structure);
  if (deviation(left) < 1e-6) return [];
  return candidates.steps.flatMap((multiple) => {
    const stepped = withFinding(structure, { kind: "steps", axis, multiple });
    const sawtooth = withoutCurvature(
      points,
      points.map((point) =>
        Math.log(trend.at(spotOf(point, stepped)) / trend.at(spotOf(point, structure))),
      ),
    );
    const { slope, explained, significance } = regress(left, sawtooth);
    const passes = explained >= fewestExplained && slope > 0.5 && slope < 1.5 && significance > 5;
    if (!passes || shareExplained(points, structure, stepped) < fewestExplained) return [];
    const seen = flatness(linesAlong(points, axis, structure), multiple);
    if (seen && !seen.isFlat) return [];
    return [{ kind: "steps" as const, axis, multiple, explained, points }];
  });
}

/** Steps seen directly, along the lines of a crossed design. */
function treads(
  points: readonly PlacedCost[],
  axis: Axis,
  structure: Structure,
): readonly Finding[] {
  if (points.length < fewestPoints || structure.steps[axis] > 1) return [];
  const found = flattestTreads(linesAlong(points, axis, structure), candidates.steps);
  if (!found) return [];
  const { multiple, ratio } = found;
  return [{ kind: "steps", axis, multiple, explained: 1 - Math.max(0, ratio), points }];
}

/** The lanes along the axis that explain most, if any pass. */
function combs(
  points: readonly PlacedCost[],
  axis: Axis,
  structure: Structure,
): readonly Finding[] {
  if (points.length < fewestPoints || structure.lanes[axis] > 1) return [];
  if (deviation(leftover(points, structure)) < 1e-6) return [];
  const passing = candidates.lanes.flatMap((multiple) => {
    const explained = explainedByLanes(points, axis, multiple, structure);
    const passes = explained !== undefined && explained >= fewestExplained;
    return passes ? [{ kind: "lanes" as const, axis, multiple, explained, points }] : [];
  });
  const most = Math.max(...passing.map(({ explained }) => explained));
  return passing.filter(({ explained }) => explained > most - indistinct).slice(0, 1);
}

/** Share of the variance per degree of freedom; undefined where too few widths are on or off, or F is under 5. */
function explainedByLanes(
  points: readonly PlacedCost[],
  axis: Axis,
  multiple: number,
  structure: Structure,
): number | undefined {
  const off = points.filter((point) => (axis === "in" ? point.x : point.y) % multiple !== 0);
  if (Math.min(off.length, points.length - off.length) < fewestOnEachSide) return undefined;
  const laned = withFinding(structure, { kind: "lanes", axis, multiple });
  const termsOf = (tried: Structure) =>
    fitTrend(onSpots(points, tried)).terms + curvatureTerms(points);
  const [fewer, more] = [termsOf(structure), termsOf(laned)];
  const freedom = points.length - more;
  if (freedom < 2) return undefined;
  const left = Math.max(1 - shareExplained(points, structure, laned), 1e-12);
  const significance = ((1 / left - 1) * freedom) / Math.max(1, more - fewer);
  return significance > 5 ? 1 - (left * (points.length - fewer)) / freedom : undefined;
}

const shareExplained = (
  points: readonly PlacedCost[],
  before: Structure,
  after: Structure,
): number => 1 - (deviation(leftover(points, after)) / deviation(leftover(points, before))) ** 2;

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
  const significance = slope * Math.sqrt((power * Math.max(0, left.length - 7)) / rest);
  return { slope, explained: 1 - rest / total, significance };
}

/** At the median point. */
function riserOf({ points, axis, multiple }: Finding, structure: Structure): number {
  const trend = fitTrend(onSpots(points, structure));
  const middle = [...points].sort((a, b) => a.x * a.y - b.x * b.y)[points.length >> 1];
  if (!middle) return 0;
  const spot = spotOf(middle, structure);
  const next =
    axis === "in" ? { ...spot, x: spot.x + multiple } : { ...spot, y: spot.y + multiple };
  return trend.at(next) / trend.at(spot) - 1;
}

const onSpots = (
  points: readonly PlacedCost[],
  structure: Structure,
): readonly (Spot & PlacedCost)[] =>
  points.map((point) => ({ ...spotOf(point, structure), cost_s: point.cost_s }));

/** Log deviations from the trend over tread ends and lanes, slow curvature taken out. */
function leftover(points: readonly PlacedCost[], structure: Structure): readonly number[] {
  const moved = onSpots(points, structure);
  const trend = fitTrend(moved);
  return withoutCurvature(
    points,
    moved.map((point) => Math.log(point.cost_s / trend.at(point))),
  );
}

/** How many degrees of freedom `withoutCurvature` takes. */
const curvatureTerms = (points: readonly Place[]): number =>
  points.some(({ x }) => x !== points[0]?.x) && points.some(({ y }) => y !== points[0]?.y) ? 5 : 2;

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
