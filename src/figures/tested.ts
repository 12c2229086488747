import { axisX, axisY, gridY, line, ruleX, ruleY } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import {
  filledDots,
  formatAccuracy,
  hollowDots,
  hollowSquares,
  isMeasured,
  limitAt,
  type NamedPoint,
  paddedDomain,
  shownInterval,
  squares,
} from "./marks.ts";
import { frameOf, namesBeside } from "./names.ts";
import { palette } from "./palette.ts";
import { type CostQuantity, costWords, provenancesOf } from "./quantity.ts";
import type { Figure, LegendEntry } from "./render.ts";
import type { Reading } from "./rows.ts";

/** A finished network, tested. */
export interface TestedRow {
  readonly label: string;
  /** Uniform widths that others are held against. */
  readonly isReference: boolean;
  /** Fraction of test examples that are right. */
  readonly accuracy: Omit<Reading, "provenance">;
  readonly cost: Reading;
}

/** The 95 % interval of a share counted on so many examples (Wilson 1927, score interval). */
export function shareInterval(share: number, count: number): { low: number; high: number } {
  const z2 = 1.96 ** 2;
  const middle = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half =
    (1.96 / (1 + z2 / count)) * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2));
  return { low: middle - half, high: middle + half };
}

const height = 340;
const margins = { marginTop: 24, marginLeft: 52, marginBottom: 38, marginRight: 16 };

interface TestedPoint extends NamedPoint {
  readonly isReference: boolean;
  readonly isMeasured: boolean;
  readonly low: number;
  readonly high: number;
  readonly bottom: number;
  readonly top: number;
}

/** Test accuracy against cost of finished networks, with the intervals of both; nothing here was judged on held-out examples. */
export function tested(
  rows: readonly TestedRow[],
  quantity: CostQuantity,
  budget_si?: number,
  width = 560,
): Figure {
  const { name, unit: symbol, format } = costWords[quantity];
  const readings = rows.map(({ cost }) => cost);
  const limits = budget_si === undefined ? [] : [budget_si];
  const unit = axisUnit([...readings.map(({ value, high = value }) => high), ...limits], symbol);
  const points = rows.map(
    ({ label, isReference, accuracy, cost }): TestedPoint => ({
      label,
      isReference,
      isMeasured: isMeasured(cost.provenance),
      x: cost.value / unit.factor,
      ...shownInterval(cost, unit),
      y: 100 * accuracy.value,
      bottom: 100 * (accuracy.low ?? accuracy.value),
      top: 100 * (accuracy.high ?? accuracy.value),
      tip: `${label}: ${format(cost.value)} ${cost.provenance}, test accuracy ${formatAccuracy(accuracy.value)}`,
    }),
  );
  const budget = limits.map((limit) => limit / unit.factor);
  const [left, right] = paddedDomain([
    ...points.flatMap(({ low, high }) => [low, high]),
    ...budget,
  ]);
  const range = paddedDomain(points.flatMap(({ bottom, top }) => [bottom, top]));
  const own = points.filter(({ isReference }) => !isReference);
  const references = points.filter(({ isReference }) => isReference).sort((a, b) => a.x - b.x);
  const whiskers = (of: readonly TestedPoint[], stroke: string) => [
    ruleY(of, { y: "y", x1: "low", x2: "high", stroke, strokeOpacity: 0.6, strokeWidth: 1.5 }),
    ruleX(of, { x: "x", y1: "bottom", y2: "top", stroke, strokeOpacity: 0.6, strokeWidth: 1.5 }),
  ];
  const split = (of: readonly TestedPoint[]) =>
    [of.filter((point) => point.isMeasured), of.filter((point) => !point.isMeasured)] as const;
  const [ownMeasured, ownComputed] = split(own);
  const [referencesMeasured, referencesComputed] = split(references);
  return {
    description: `Test accuracy against ${name} of the finished networks`,
    legend: legendOf(rows, budget.length > 0),
    plot: {
      width,
      height,
      ...margins,
      x: { label: `${name} (${unit.symbol})`, domain: [left, right] },
      y: { label: "test accuracy (%)", domain: range },
      marks: [
        axisX({ ticks: width / 80, tickSize: 3 }),
        axisY({ ticks: 6, tickSize: 0 }),
        gridY({ ticks: 6 }),
        ...budget.map(limitAt),
        line(references, { x: "x", y: "y", stroke: palette.reference, strokeOpacity: 0.5 }),
        ...whiskers(references, palette.reference),
        ...whiskers(own, palette.measured),
        squares(referencesMeasured, palette.reference),
        hollowSquares(referencesComputed, palette.reference),
        filledDots(ownMeasured, palette.measured, { r: 6 }),
        hollowDots(ownComputed, palette.measured, { r: 5.5 }),
        ...namesBeside(
          [
            { places: own, fill: palette.measured, prefers: "above" },
            { places: firstOfEach(references), fill: palette.reference, prefers: "below" },
          ],
          { x: [left, right], y: range, ...frameOf({ width, height, ...margins }) },
          points,
        ),
      ],
    },
  };
}

/** The same network measured beside several searches is named once. */
const firstOfEach = (points: readonly TestedPoint[]) =>
  points.filter(({ label }, i) => points.findIndex((other) => other.label === label) === i);

function legendOf(rows: readonly TestedRow[], hasBudget: boolean): readonly LegendEntry[] {
  const entry = (of: readonly TestedRow[], label: string): LegendEntry[] => {
    const readings = of.map(({ cost }) => cost);
    const isReference = of[0]?.isReference === true;
    const isFilled = readings.every(({ provenance }) => isMeasured(provenance));
    const [filled, hollow] = isReference
      ? (["square", "hollow-square"] as const)
      : (["dot", "circle"] as const);
    return of.length === 0
      ? []
      : [
          {
            label: `${label} (${provenancesOf(readings)})`,
            role: isReference ? "reference" : "measured",
            symbol: isFilled ? filled : hollow,
          },
        ];
  };
  return [
    ...entry(
      rows.filter(({ isReference }) => !isReference),
      "found by a search",
    ),
    ...entry(
      rows.filter(({ isReference }) => isReference),
      "uniform widths",
    ),
    ...(hasBudget ? [{ label: "budget", role: "limit", symbol: "dash" } as const] : []),
  ];
}
