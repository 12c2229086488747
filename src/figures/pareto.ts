import { axisX, axisY, gridY, line, rect } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import {
  diamonds,
  formatAccuracy,
  hollowDots,
  hollowSquares,
  limitAt,
  type NamedPoint,
  paddedDomain,
} from "./marks.ts";
import { frameOf, namesBeside } from "./names.ts";
import { palette } from "./palette.ts";
import { type CostQuantity, costWords } from "./quantity.ts";
import type { Figure, LegendEntry } from "./render.ts";
import type { CandidateRow, RivalRow } from "./rows.ts";

export interface SearchField {
  readonly candidates: readonly CandidateRow[];
  readonly rivals: readonly RivalRow[];
  /** Limit of the quantity, in its unit. */
  readonly budget?: number | undefined;
}

/** Candidates that no other beats: none at most as costly is at least as accurate. By cost, cheapest first. */
export function paretoFront(
  candidates: readonly CandidateRow[],
  quantity: CostQuantity,
): readonly CandidateRow[] {
  const cost = (row: CandidateRow) => row[quantity]?.value ?? Number.NaN;
  const byCost = candidates
    .filter((row) => row[quantity] !== undefined)
    .sort((a, b) => cost(a) - cost(b) || b.heldOutAccuracy - a.heldOutAccuracy);
  let best = Number.NEGATIVE_INFINITY;
  return byCost.filter(({ heldOutAccuracy }) => {
    const isBetter = heldOutAccuracy > best;
    best = Math.max(best, heldOutAccuracy);
    return isBetter;
  });
}

const height = 340;
const margins = { marginTop: 24, marginLeft: 48, marginBottom: 38, marginRight: 16 };

/** Rivals much dearer than all else would squeeze the rest into a corner: they stand in the table only. */
const roomBeyond = 1.15;

/** Rivals that the figure has room for. */
export function rivalsShown(
  { candidates, rivals, budget = 0 }: SearchField,
  quantity: CostQuantity,
): readonly RivalRow[] {
  const costs = candidates.flatMap((row) => row[quantity]?.value ?? []);
  const dearest = Math.max(budget, ...costs);
  return rivals.filter(({ predicted }) => {
    const cost = predicted[quantity]?.value;
    return cost !== undefined && cost <= roomBeyond * dearest;
  });
}

/**
 * Held-out accuracy against predicted cost: every network that a search trained, the front of those that none beats, the one
 * delivered, uniform widths trained as long, and the budget. Nothing here was measured on the test set or on the device.
 */
export function pareto(field: SearchField, quantity: CostQuantity, width = 560): Figure {
  const { name, unit: symbol, format } = costWords[quantity];
  const front = paretoFront(field.candidates, quantity);
  const rivals = rivalsShown(field, quantity);
  const values = [
    ...field.candidates.flatMap((row) => row[quantity]?.value ?? []),
    ...rivals.flatMap(({ predicted }) => predicted[quantity]?.value ?? []),
    ...(field.budget === undefined ? [] : [field.budget]),
  ];
  const unit = axisUnit(values, symbol);
  const pointOf = (
    label: string,
    cost: number | undefined,
    accuracy: number,
  ): readonly NamedPoint[] =>
    cost === undefined
      ? []
      : [
          {
            label,
            x: cost / unit.factor,
            y: 100 * accuracy,
            tip: `${label}: ${format(cost)} predicted, ${formatAccuracy(accuracy)} of held-out examples`,
          },
        ];
  const pointsOf = (rows: readonly CandidateRow[]) =>
    rows.flatMap((row) =>
      pointOf(
        row.isDelivered ? "delivered" : `round ${row.round}, ${row.label}`,
        row[quantity]?.value,
        row.heldOutAccuracy,
      ),
    );
  const others = field.candidates.filter(({ isDelivered }) => !isDelivered);
  const shown = {
    grown: pointsOf(others.filter(({ origin }) => origin === "grown")),
    scratch: pointsOf(others.filter(({ origin }) => origin === "scratch")),
    delivered: pointsOf(field.candidates.filter(({ isDelivered }) => isDelivered)),
    rivals: rivals.flatMap(({ label, predicted, heldOutAccuracy }) =>
      pointOf(label, predicted[quantity]?.value, heldOutAccuracy),
    ),
  };
  const points = Object.values(shown).flat();
  const [left, right] = paddedDomain(values.map((value) => value / unit.factor));
  const [bottom, top] = paddedDomain(
    points.map(({ y }) => y),
    0.12,
  );
  const budget = field.budget === undefined ? [] : [field.budget / unit.factor];
  const steps = [...pointsOf(front), ...lastStep(pointsOf(front), right)];
  return {
    description: `Held-out accuracy against predicted ${name}: every network trained, the front of the best, uniform widths`,
    legend: legendOf(shown, budget.length > 0),
    plot: {
      width,
      height,
      ...margins,
      x: { label: `predicted ${name} (${unit.symbol})`, domain: [left, right] },
      y: { label: "held-out accuracy (%)", domain: [bottom, top] },
      marks: [
        rect(budget, {
          x1: (x: number) => x,
          x2: right,
          y1: bottom,
          y2: top,
          fill: palette.limit,
          fillOpacity: 0.05,
        }),
        axisX({ ticks: width / 80, tickSize: 3 }),
        axisY({ ticks: 6, tickSize: 0 }),
        gridY({ ticks: 6 }),
        ...budget.map(limitAt),
        // Under the marks: a name hides nobody's result.
        ...namesBeside(
          [
            { places: shown.delivered, fill: palette.measured, prefers: "above" },
            { places: shown.rivals, fill: palette.reference, prefers: "below" },
          ],
          { x: [left, right], y: [bottom, top], ...frameOf({ width, height, ...margins }) },
          [...shown.delivered, ...shown.rivals],
        ),
        line(steps, {
          x: "x",
          y: "y",
          curve: "step-after",
          stroke: palette.predicted,
          strokeWidth: 1.75,
          strokeOpacity: 0.7,
        }),
        hollowDots(shown.grown, palette.predicted, { r: 3 }),
        diamonds(shown.scratch, palette.predicted),
        hollowSquares(shown.rivals, palette.reference),
        hollowDots(shown.delivered, palette.measured, { r: 6 }),
      ],
    },
  };
}

/** The front's best goes on to the edge: whatever costs more was no better. */
const lastStep = (front: readonly NamedPoint[], right: number): readonly NamedPoint[] =>
  front.slice(-1).map((point) => ({ ...point, x: right }));

function legendOf(
  shown: {
    readonly [K in "grown" | "scratch" | "delivered" | "rivals"]: readonly NamedPoint[];
  },
  hasBudget: boolean,
): readonly LegendEntry[] {
  const entries: readonly (LegendEntry & { readonly isShown: boolean })[] = [
    {
      label: "grown from another",
      role: "predicted",
      symbol: "circle",
      isShown: shown.grown.length > 0,
    },
    {
      label: "trained from scratch",
      role: "predicted",
      symbol: "diamond",
      isShown: shown.scratch.length > 0,
    },
    { label: "front", role: "predicted", symbol: "line", isShown: true },
    {
      label: "delivered",
      role: "measured",
      symbol: "circle",
      isShown: shown.delivered.length > 0,
    },
    {
      label: "uniform widths",
      role: "reference",
      symbol: "hollow-square",
      isShown: shown.rivals.length > 0,
    },
    { label: "budget", role: "limit", symbol: "dash", isShown: hasBudget },
  ];
  return entries.filter(({ isShown }) => isShown);
}
