import { axisX, axisY, dot, line, ruleX, ruleY, text } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import { formatAccuracy, paddedDomain } from "./marks.ts";
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
        ...names(shown, { x: [left, right], y: [bottom, top], width }).map(({ row, dy }) =>
          text([row], {
            x: "x",
            y: "y",
            text: "label",
            dx: 7,
            dy,
            textAnchor: "start",
            fill: colour,
            fontSize: 9,
          }),
        ),
      ],
    },
  };
}

const height = 380;
const margins = { marginLeft: 44, marginRight: 90, marginBottom: 38, marginTop: 20 };

interface Place {
  readonly label: string;
  readonly x: number;
  readonly y: number;
}

interface Field {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly width: number;
}

/** About as large as a name's letters are, px. */
const letter = { width: 5, height: 10 };

/**
 * Names that do not hide each other: one of every label, that of its network furthest to the right, above or below its line where there
 * is no room; then those of other networks where there is.
 */
function names<P extends Place>(
  places: readonly P[],
  { x: [left, right], y: [bottom, top], width }: Field,
): readonly { readonly row: P; readonly dy: number }[] {
  const perX = (width - margins.marginLeft - margins.marginRight) / (right - left);
  const perY = (height - margins.marginTop - margins.marginBottom) / (top - bottom);
  const fromRight = [...places].sort((a, b) => b.x - a.x);
  const isFirst = (row: P) => fromRight.find(({ label }) => label === row.label) === row;
  const taken: { left: number; right: number; y: number }[] = [];
  const placed = (row: P, offsets: readonly number[]) => {
    for (const dy of offsets) {
      const from = (row.x - left) * perX;
      const box = {
        left: from,
        right: from + letter.width * row.label.length,
        y: dy - row.y * perY,
      };
      const hides = taken.some(
        (other) =>
          box.left < other.right &&
          other.left < box.right &&
          Math.abs(box.y - other.y) < letter.height,
      );
      if (hides) continue;
      taken.push(box);
      return [{ row, dy }];
    }
    return [];
  };
  return [
    ...fromRight.filter(isFirst).flatMap((row) => placed(row, [0, -10, 10, -20, 20])),
    ...fromRight.filter((row) => !isFirst(row)).flatMap((row) => placed(row, [0])),
  ];
}
