import { median } from "../statistics.ts";
import type { CurveRow, StairRow } from "./rows.ts";

/** Treads of one layer's staircase with `step` channels each, at the median cost of the points on them. */
export function treads(rows: readonly CurveRow[], step: number): readonly StairRow[] {
  const onTread = new Map<number, CurveRow[]>();
  for (const row of [...rows].sort((a, b) => a.width - b.width)) {
    const tread = Math.ceil(row.width / step);
    onTread.set(tread, [...(onTread.get(tread) ?? []), row]);
  }
  return [...onTread].map(([tread, points]) => {
    const energies_j = points.flatMap(({ energy_j }) => energy_j?.value ?? []);
    return {
      layer: points[0]?.layer ?? "",
      step,
      from: (tread - 1) * step + 1,
      to: tread * step,
      latency_s: median(points.map(({ latency_s }) => latency_s.value)),
      ...(energies_j.length > 0 ? { energy_j: median(energies_j) } : {}),
    };
  });
}
