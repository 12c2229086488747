import type { ForeignRow } from "../formats/foreign-table.ts";
import { groupBy } from "../group-by.ts";

export type ForeignAxis = "in" | "mid" | "out";
export const foreignAxes: readonly ForeignAxis[] = ["in", "mid", "out"];

const fields = { in: "inChannels", mid: "midChannels", out: "outChannels" } as const;

export const widthOf = (row: ForeignRow, axis: ForeignAxis): number | undefined =>
  row[fields[axis]];

/** What a row costs: time, else a count, else energy. */
const anyCost = ({ latency_s, work, energy_j }: ForeignRow): number | undefined =>
  latency_s ?? work ?? energy_j;

export interface CurvePoint {
  readonly width: number;
  readonly cost: number;
  readonly row: ForeignRow;
}

/** Rows by width along an axis, for every combination of everything else. */
export function curvesAlong(
  rows: readonly ForeignRow[],
  axis: ForeignAxis,
  costOf: (row: ForeignRow) => number | undefined = anyCost,
): readonly (readonly CurvePoint[])[] {
  const others = foreignAxes.filter((other) => other !== axis);
  const points = rows.flatMap((row) => {
    const [width, cost] = [widthOf(row, axis), costOf(row)];
    return width === undefined || cost === undefined ? [] : [{ width, cost, row }];
  });
  const curves = groupBy(points, ({ row }) =>
    JSON.stringify([row.op, row.shape, ...others.map((other) => widthOf(row, other))]),
  );
  return [...curves.values()].map((curve) => curve.sort((a, b) => a.width - b.width));
}
