import { axisX, axisY, dot, ruleX, ruleY } from "@observablehq/plot";
import { formatAccuracy, paddedDomain } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";

/** One way of doing something, tried under several seeds. */
export interface ArmRow {
  readonly label: string;
  /** A control that others are held against. */
  readonly isReference: boolean;
  /** Fractions, one per seed. */
  readonly accuracies: readonly number[];
}

export interface ArmWords {
  /** What tells the arms apart: "allocation of widths". */
  readonly by: string;
  readonly reference: string;
}

const row_px = 22;
const width = 560;

/** Accuracy of every arm: a small dot per seed, a large one at their mean; arms from best to worst as given. */
export function arms(rows: readonly ArmRow[], { by, reference }: ArmWords): Figure {
  const seeds = rows.flatMap(({ label, isReference, accuracies }) =>
    accuracies.map((accuracy) => ({ label, isReference, x: 100 * accuracy })),
  );
  const means = rows.map(({ label, isReference, accuracies }) => {
    const x = (100 * accuracies.reduce((sum, one) => sum + one, 0)) / accuracies.length;
    return { label, isReference, x, tip: `${label}: ${formatAccuracy(x / 100)}` };
  });
  const colour = ({ isReference }: { readonly isReference: boolean }) =>
    isReference ? palette.reference : palette.measured;
  const longest = Math.max(1, ...rows.map(({ label }) => label.length));
  const [low, high] = paddedDomain(
    seeds.map(({ x }) => x),
    0.06,
  );
  return {
    description: `Test accuracy by ${by}, one small dot per seed`,
    legend: [
      { label: "mean over seeds; small: one seed", role: "measured", symbol: "dot" },
      { label: reference, role: "reference", symbol: "dot" },
    ],
    plot: {
      width,
      height: rows.length * row_px + 50,
      marginLeft: 14 + 6.4 * longest,
      marginBottom: 38,
      marginTop: 8,
      x: { label: "test accuracy (%)", domain: [low, high], grid: true },
      y: { type: "band", domain: rows.map(({ label }) => label), label: null, padding: 0.4 },
      marks: [
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ tickSize: 0 }),
        ruleX(
          means.filter(({ isReference }) => isReference),
          { x: "x", stroke: palette.reference, strokeDasharray: "2,3", strokeOpacity: 0.7 },
        ),
        ruleY(means, { y: "label", x1: low, x2: "x", stroke: palette.faint, strokeWidth: 1 }),
        dot(seeds, { y: "label", x: "x", r: 2, fill: colour, fillOpacity: 0.55 }),
        dot(means, { y: "label", x: "x", r: 4.5, fill: colour, title: "tip" }),
      ],
    },
  };
}
