import { axisX, axisY, line } from "@observablehq/plot";
import { baseline } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { EpochRow } from "./rows.ts";

/** Training and held-out loss per epoch. */
export const lossCurve = (rows: readonly EpochRow[], width = 560): Figure => ({
  description: "Training and held-out loss per epoch",
  legend: [
    { label: "training", role: "predicted", symbol: "line" },
    { label: "held out", role: "measured", symbol: "line" },
  ],
  plot: {
    ...epochPlot(width),
    y: { label: "loss (nats)", zero: true, nice: true },
    marks: [
      ...axes,
      baseline(),
      line(rows, { x: "epoch", y: "trainingLoss", stroke: palette.predicted, strokeWidth: 1.75 }),
      line(rows, { x: "epoch", y: "heldOutLoss", stroke: palette.measured, strokeWidth: 1.75 }),
    ],
  },
});

/** Held-out accuracy per epoch. */
export const accuracyCurve = (rows: readonly EpochRow[], width = 560): Figure => ({
  description: "Held-out accuracy per epoch",
  plot: {
    ...epochPlot(width),
    y: { label: "accuracy (%)", nice: true },
    marks: [
      ...axes,
      line(rows, {
        x: "epoch",
        y: ({ heldOutAccuracy }: EpochRow) => 100 * heldOutAccuracy,
        stroke: palette.measured,
        strokeWidth: 1.75,
      }),
    ],
  },
});

const axes = [axisX({ ticks: 6, tickSize: 3 }), axisY({ ticks: 5, tickSize: 0 })];

const epochPlot = (width: number) => ({
  width,
  height: 280,
  marginLeft: 48,
  marginBottom: 38,
  x: { label: "epoch" },
});
