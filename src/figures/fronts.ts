import { axisX, axisY, dot, gridY, line } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import { formatAccuracy, limitAt, paddedDomain } from "./marks.ts";
import { palette, type SeriesRole, seriesRoles } from "./palette.ts";
import { paretoFront } from "./pareto.ts";
import { type CostQuantity, costWords } from "./quantity.ts";
import type { Figure } from "./render.ts";
import type { CandidateRow } from "./rows.ts";

/** The networks that one of several searches trained. */
export interface SearchFront {
  readonly label: string;
  readonly candidates: readonly CandidateRow[];
}

/** Fronts of several searches: held-out accuracy against predicted cost, what was delivered as a large mark. */
export function fronts(
  searches: readonly SearchFront[],
  quantity: CostQuantity,
  budget_si?: number,
  width = 560,
): Figure {
  const { name, unit: symbol, format } = costWords[quantity];
  const rows = searches.flatMap(({ label, candidates }, i) => {
    const front = new Set(paretoFront(candidates, quantity));
    return candidates.flatMap((row) => {
      const cost = row[quantity]?.value;
      const isOnFront = front.has(row);
      if (cost === undefined || !(isOnFront || row.isDelivered)) return [];
      return { label, role: seriesRole(i), row, cost, isOnFront };
    });
  });
  const limits = budget_si === undefined ? [] : [budget_si];
  const unit = axisUnit([...rows.map(({ cost }) => cost), ...limits], symbol);
  const points = rows
    .map(({ label, role, row, cost, isOnFront }) => ({
      label,
      role,
      isOnFront,
      isDelivered: row.isDelivered,
      x: cost / unit.factor,
      y: 100 * row.heldOutAccuracy,
      tip: `${label}, ${row.isDelivered ? "delivered" : row.label}: ${format(cost)} predicted, ${formatAccuracy(row.heldOutAccuracy)} of held-out examples`,
    }))
    .sort((a, b) => a.x - b.x);
  const budget = limits.map((limit) => limit / unit.factor);
  type FrontPoint = (typeof points)[number];
  const stroke = ({ role }: FrontPoint) => palette[role];
  return {
    description: `Fronts of ${searches.length} searches: held-out accuracy against predicted ${name}`,
    legend: [
      ...searches.map(({ label }, i) => ({ label, role: seriesRole(i), symbol: "line" as const })),
      ...(budget.length > 0
        ? [{ label: "budget", role: "limit" as const, symbol: "dash" as const }]
        : []),
    ],
    plot: {
      width,
      height: 340,
      marginLeft: 48,
      marginBottom: 38,
      marginRight: 16,
      x: {
        label: `predicted ${name} (${unit.symbol})`,
        domain: paddedDomain([...points.map(({ x }) => x), ...budget]),
      },
      y: {
        label: "held-out accuracy (%)",
        domain: paddedDomain(points.map(({ y }) => y)),
      },
      marks: [
        axisX({ ticks: width / 80, tickSize: 3 }),
        axisY({ ticks: 6, tickSize: 0 }),
        gridY({ ticks: 6 }),
        ...budget.map(limitAt),
        line(
          points.filter(({ isOnFront }) => isOnFront),
          { x: "x", y: "y", z: "label", curve: "step-after", stroke, strokeWidth: 1.75 },
        ),
        dot(points, {
          x: "x",
          y: "y",
          r: ({ isDelivered }: FrontPoint) => (isDelivered ? 6 : 2.5),
          fill: palette.paper,
          stroke,
          strokeWidth: 1.75,
          title: "tip",
        }),
      ],
      r: { type: "identity" },
    },
  };
}

/** More searches than colours share them: names stand in the legend and in tips. */
const seriesRole = (i: number): SeriesRole => seriesRoles[i % seriesRoles.length] ?? "series1";
