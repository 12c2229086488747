import { axisX, axisY, dot, line, ruleX, ruleY, text } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import { formatAccuracy, paddedDomain } from "./marks.ts";
import { type Frame, frameOf, type NamedPlace, type NameSpot, placeNames } from "./names.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";

/** A network on the frontier: what it takes on the device and what it reaches. */
export interface FrontierRow {
  readonly label: string;
  /** A control that others are held against; its networks are joined by a line. */
  readonly isReference: boolean;
  /** s, with its interval. */
  readonly latency: { readonly value: number; readonly low: number; readonly high: number };
  /** Fractions, one per training seed. */
  readonly accuracies: readonly number[];
}

/** Accuracy against measured latency: methods as dots, controls as lines, the spread over seeds upright, the measurement's sideways. */
export function frontierFigure(rows: readonly FrontierRow[], width = 640): Figure {
  const unit = axisUnit(
    rows.map(({ latency }) => latency.high),
    "s",
  );
  const shown = rows.map(({ label, isReference, latency, accuracies }) => {
    const mean = accuracies.reduce((sum, one) => sum + one, 0) / accuracies.length;
    return {
      label,
      isReference,
      x: latency.value / unit.factor,
      x1: latency.low / unit.factor,
      x2: latency.high / unit.factor,
      y: 100 * mean,
      y1: 100 * Math.min(...accuracies),
      y2: 100 * Math.max(...accuracies),
      tip: `${label}: ${formatAccuracy(mean)}`,
    };
  });
  const colour = ({ isReference }: { readonly isReference: boolean }) =>
    isReference ? palette.reference : palette.measured;
  const controls = shown.filter(({ isReference }) => isReference).sort((a, b) => a.x - b.x);
  // Room on the right for names.
  const [left, right] = paddedDomain(
    shown.flatMap(({ x1, x2 }) => [x1, x2]),
    0.1,
  );
  const [bottom, top] = paddedDomain(
    shown.flatMap(({ y1, y2 }) => [y1, y2]),
    0.1,
  );
  return {
    description: "Test accuracy against measured latency, methods of search and uniform widths",
    legend: [
      { label: "found by a search", role: "measured", symbol: "dot" },
      { label: "uniform widths", role: "reference", symbol: "line" },
    ],
    plot: {
      width,
      height,
      ...margins,
      x: { label: `measured latency (${unit.symbol})`, domain: [left, right] },
      y: { label: "test accuracy (%)", domain: [bottom, top], grid: true },
      marks: [
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ ticks: 6, tickSize: 0 }),
        line(controls, { x: "x", y: "y", z: "label", stroke: palette.reference }),
        ruleY(shown, { y: "y", x1: "x1", x2: "x2", stroke: colour, strokeOpacity: 0.5 }),
        ruleX(shown, { x: "x", y1: "y1", y2: "y2", stroke: colour, strokeOpacity: 0.5 }),
        dot(shown, { x: "x", y: "y", r: 4, fill: colour, title: "tip" }),
        ...namesToTheRight(shown, {
          x: [left, right],
          y: [bottom, top],
          ...frameOf({ width, height, ...margins }),
        }).map(({ place, spot }) =>
          text([place], {
            x: "x",
            y: "y",
            text: "label",
            fill: colour,
            fontSize: nameSize_px,
            ...spot,
          }),
        ),
      ],
    },
  };
}

const height = 380;
const margins = { marginLeft: 44, marginRight: 90, marginBottom: 38, marginTop: 20 };

/** One name of every label, of its network furthest to the right, above or below where there is no room; then the others' where there is. */
function namesToTheRight<P extends NamedPlace>(places: readonly P[], frame: Frame) {
  const fromRight = [...places].sort((a, b) => b.x - a.x);
  const isFirst = (row: P) => fromRight.find(({ label }) => label === row.label) === row;
  const at = (dy: number): NameSpot => ({ textAnchor: "start", dx: 7, dy });
  return placeNames(
    [
      ...fromRight
        .filter(isFirst)
        .map((place) => ({ place, spots: [0, -10, 10, -20, 20].map(at) })),
      ...fromRight.filter((row) => !isFirst(row)).map((place) => ({ place, spots: [at(0)] })),
    ],
    frame,
    { size_px: nameSize_px },
  );
}

const nameSize_px = 9;
