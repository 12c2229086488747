import { axisX, axisY, dot, line, text } from "@observablehq/plot";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";

/** How far a change of the loss was from what second-order theory says, at one step. */
export interface DeviationRow {
  readonly label: string;
  readonly step: number;
  /** |1 - realised / predicted|, above 0. */
  readonly deviation: number;
}

/** Deviation against step, both logarithmic: the slope of a line is the order of the error. */
export function lossLaw(rows: readonly DeviationRow[], width = 560): Figure {
  const shown = rows.filter(({ deviation }) => deviation > 0);
  const widest = Math.max(...shown.map(({ step }) => step));
  return {
    description: "Deviation from the split law against the step, by split type",
    plot: {
      width,
      height: 320,
      marginLeft: 60,
      marginRight: 110,
      marginBottom: 38,
      x: { type: "log", label: "step" },
      y: { type: "log", label: "|1 - realised / predicted|", grid: true },
      marks: [
        axisX({ ticks: 3, tickSize: 3, tickFormat: String }),
        axisY({ ticks: 5, tickSize: 0, tickFormat: (value: number) => value.toExponential(0) }),
        line(shown, { x: "step", y: "deviation", z: "label", stroke: palette.measured }),
        dot(shown, { x: "step", y: "deviation", r: 2.5, fill: palette.measured }),
        text(
          shown.filter(({ step }) => step === widest),
          { x: "step", y: "deviation", text: "label", textAnchor: "start", dx: 8 },
        ),
      ],
    },
  };
}
