import { median } from "../statistics.ts";
import type { CurveRow, StairRow } from "./rows.ts";

/** Treads of one layer's staircase with `step` channels each, at the median latency of the points on them. */
export function treads(rows: readonly CurveRow[], step: number): readonly StairRow[] {
  const onTread = new Map<number, CurveRow[]>();
  for (const row of [...rows].sort((a, b) => a.width - b.width)) {
    const tread = Math.ceil(row.width / step);
    onTread.set(tread, [...(onTread.get(tread) ?? []), row]);
  }
  return [...onTread].map(([tread, points]) => ({
    layer: points[0]?.layer ?? "",
    step,
    from: (tread - 1) * step + 1,
    to: tread * step,
    latency_s: median(points.map(({ latency_s }) => latency_s.value)),
  }));
}
