import { median } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import { type CurvePoint, curvesAlong, foreignAxes } from "../foreign-costs/curves.ts";
import type { ForeignRow } from "../formats/foreign-table.ts";
import { type Look, warnOf } from "./defect.ts";

type Curve = readonly CurvePoint[];

const known = new WeakMap<readonly ForeignRow[], readonly Curve[]>();

/** Latencies along every width, all else equal; found once for a table. */
function curvesOf(rows: readonly ForeignRow[]): readonly Curve[] {
  const curves =
    known.get(rows) ??
    foreignAxes.flatMap((axis) => curvesAlong(rows, axis, ({ latency_s }) => latency_s));
  known.set(rows, curves);
  return curves;
}

const fewestPoints = 16;

/**
 * Points that lie on the line between their neighbours to the last digits were not measured. Those of a level stretch
 * are left out: costs that stand still are what stairs look like.
 */
export const interpolated: Look = ({ table: { rows } }) => {
  const points = curvesOf(rows)
    .filter((curve) => curve.length >= fewestPoints)
    .flatMap((curve) => {
      const scale = median(curve.map(({ cost }) => Math.abs(cost)));
      return curve.slice(1, -1).flatMap((point, i) => {
        const [before, after] = [curve[i], curve[i + 2]];
        if (!before || !after || Math.abs(after.cost - before.cost) < 1e-9 * scale) return [];
        const share = (point.width - before.width) / (after.width - before.width);
        const line = before.cost + share * (after.cost - before.cost);
        return [{ row: point.row, isOnLine: Math.abs(line - point.cost) < 1e-9 * scale }];
      });
    });
  const onLine = points.filter(({ isOnLine }) => isOnLine);
  if (points.length < fewestPoints || onLine.length <= points.length / 2) return [];
  return warnOf(
    "interpolated",
    [...new Set(onLine.map(({ row }) => row))],
    () =>
      `${formatPercent(onLine.length / points.length)} of ${points.length} latencies lie exactly between their neighbours: computed, not measured`,
  );
};

/** The largest change that a step or another kernel of the runtime makes between widths at most twice apart. */
const largestChange = 4;
const tolerated = 0.05;

/** Costs that leap from width to width are no trend with steps. */
export const jumps: Look = ({ table: { rows } }) => {
  const pairs = curvesOf(rows).flatMap((curve) =>
    curve.slice(1).flatMap((next, i) => {
      const low = curve[i];
      return low && low.cost > 0 && next.cost > 0 && next.width <= 2 * low.width
        ? [{ row: next.row, change: next.cost / low.cost }]
        : [];
    }),
  );
  const wild = pairs.filter(({ change }) => change > largestChange || change < 1 / largestChange);
  if (pairs.length < fewestPoints || wild.length <= tolerated * pairs.length) return [];
  return warnOf(
    "jumps",
    wild.map(({ row }) => row),
    (n) =>
      `${n} of ${pairs.length} neighbouring widths differ by more than a factor of ${largestChange}`,
  );
};
