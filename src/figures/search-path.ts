import { axisX, axisY, line, rect, ruleX, ruleY, text } from "@observablehq/plot";
import { formatJoules, formatSeconds } from "../units.ts";
import { type AxisUnit, axisUnit } from "./axis-unit.ts";
import {
  filledDots,
  formatAccuracy,
  hollowDots,
  isMeasured,
  limitAt,
  type Point,
  paddedDomain,
  shownInterval,
  squares,
} from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure, LegendEntry } from "./render.ts";
import type { NetworkRow, Reading, RoundRow } from "./rows.ts";

export type CostQuantity = "latency_s" | "energy_j";

export interface SearchPath {
  readonly rounds: readonly RoundRow[];
  readonly references: readonly NetworkRow[];
  /** The delivered network, measured on the device where it was verified. */
  readonly final?: NetworkRow | undefined;
  /** Limit of the quantity, in its unit. */
  readonly budget?: number | undefined;
}

interface QuantityWords {
  readonly name: string;
  readonly unit: "s" | "J";
  readonly format: (value: number) => string;
}

const quantities: { readonly [Q in CostQuantity]: QuantityWords } = {
  latency_s: { name: "latency", unit: "s", format: formatSeconds },
  energy_j: { name: "energy per inference", unit: "J", format: formatJoules },
};

interface PathPoint extends Point {
  readonly label: string;
  readonly reading: Reading;
}

/** Accuracy against cost: the rounds of a search, uniform widths on the same axes, the budget, the delivered network. */
export function searchPath(path: SearchPath, quantity: CostQuantity, width = 560): Figure {
  const { name } = quantities[quantity];
  const unit = unitOf(path, quantity);
  const rounds = path.rounds.flatMap((row) =>
    pathPoint({ ...row, label: roundLabel(row, path.rounds) }, quantity, unit),
  );
  const references = path.references.flatMap((row) => pathPoint(row, quantity, unit));
  const final = path.final ? pathPoint(path.final, quantity, unit) : [];
  const budget = path.budget === undefined ? [] : [path.budget / unit.factor];
  const points = [...rounds, ...references, ...final];
  const [, right] = paddedDomain([0, ...points.map(({ x }) => x), ...budget], 0.06);
  const [bottom, roomyTop] = paddedDomain(
    points.map(({ y }) => y),
    0.1,
  );
  const top = Math.min(roomyTop, Math.max(100, bottom + 1));
  return {
    description: `Accuracy against ${name}: search path, uniform widths and the delivered network`,
    legend: legendOf({ rounds, references, final, budget }),
    plot: {
      width,
      height: 320,
      marginLeft: 44,
      marginBottom: 38,
      marginRight: 16,
      x: { label: `${name} (${unit.symbol})`, domain: [0, right] },
      y: { label: "accuracy (%)", domain: [bottom, top] },
      marks: [
        rect(budget, {
          x1: (x: number) => x,
          x2: right,
          y1: bottom,
          y2: top,
          fill: palette.limit,
          fillOpacity: 0.05,
          clip: false,
        }),
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ ticks: 5, tickSize: 0 }),
        ...budget.map(limitAt),
        line(references, { x: "x", y: "y", stroke: palette.reference, strokeOpacity: 0.6 }),
        squares(references, palette.reference),
        label(references, palette.reference, { dx: 4, dy: -11, textAnchor: "end" }),
        line(rounds, { x: "x", y: "y", stroke: palette.predicted, strokeWidth: 1.75 }),
        hollowDots(rounds, palette.predicted),
        label(rounds.slice(0, -1), palette.predicted, { dx: -8, dy: -4, textAnchor: "end" }),
        label(rounds.slice(-1), palette.predicted, { dx: 9, dy: 4, textAnchor: "start" }),
        ...final.map(({ reading, y }) => {
          const { low, high } = shownInterval(reading, unit);
          return ruleY([y], { x1: low, x2: high, stroke: palette.measured, strokeWidth: 2 });
        }),
        finalDots(final),
        ruleX([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
      ],
    },
  };
}

function finalDots(final: readonly PathPoint[]) {
  return allMeasured(final)
    ? filledDots(final, palette.measured, { r: 6 })
    : hollowDots(final, palette.measured, { r: 5.5 });
}

const allMeasured = (points: readonly PathPoint[]): boolean =>
  points.every(({ reading }) => isMeasured(reading.provenance));

function unitOf(path: SearchPath, quantity: CostQuantity): AxisUnit {
  const readings = [...path.rounds, ...path.references, ...(path.final ? [path.final] : [])];
  const values = readings.flatMap((row) => row[quantity]?.value ?? []);
  return axisUnit([...values, path.budget ?? 0], quantities[quantity].unit);
}

function pathPoint(
  row: Pick<NetworkRow, CostQuantity | "label"> & { readonly accuracy?: number | undefined },
  quantity: CostQuantity,
  unit: AxisUnit,
): readonly PathPoint[] {
  const reading = row[quantity];
  if (!reading || row.accuracy === undefined) return [];
  const cost = quantities[quantity].format(reading.value);
  return [
    {
      x: reading.value / unit.factor,
      y: row.accuracy * 100,
      tip: `${row.label}: ${cost} ${reading.provenance}, accuracy ${formatAccuracy(row.accuracy)}`,
      label: row.label,
      reading,
    },
  ];
}

/** Only the ends are named; the rounds between follow the line. */
function roundLabel({ round }: RoundRow, rounds: readonly RoundRow[]): string {
  return round === rounds[0]?.round || round === rounds.at(-1)?.round ? `round ${round}` : "";
}

function label(
  points: readonly PathPoint[],
  fill: string,
  place: { dx: number; dy: number; textAnchor: "start" | "end" },
) {
  return text(points, {
    x: "x",
    y: "y",
    text: "label",
    fill,
    stroke: palette.paper,
    strokeWidth: 3,
    ...place,
  });
}

function legendOf(shown: {
  readonly rounds: readonly PathPoint[];
  readonly references: readonly PathPoint[];
  readonly final: readonly PathPoint[];
  readonly budget: readonly number[];
}): readonly LegendEntry[] {
  const provenance = (points: readonly PathPoint[]) =>
    [...new Set(points.map(({ reading }) => reading.provenance))].join(", ");
  const entries: readonly (LegendEntry & { readonly isShown: boolean })[] = [
    {
      label: `search, images held out (${provenance(shown.rounds)})`,
      role: "predicted",
      symbol: "circle",
      isShown: shown.rounds.length > 0,
    },
    {
      label: `delivered, test images (${provenance(shown.final)})`,
      role: "measured",
      symbol: allMeasured(shown.final) ? "dot" : "circle",
      isShown: shown.final.length > 0,
    },
    {
      label: `uniform widths, test images (${provenance(shown.references)})`,
      role: "reference",
      symbol: "square",
      isShown: shown.references.length > 0,
    },
    { label: "budget", role: "limit", symbol: "dash", isShown: shown.budget.length > 0 },
  ];
  return entries.filter(({ isShown }) => isShown);
}
