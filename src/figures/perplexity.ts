import { axisX, axisY, line } from "@observablehq/plot";
import { filledDots, hollowDots, type Point } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { CellRow, PerplexityRow } from "./rows.ts";

/** Training and held-out perplexity per epoch, on a logarithmic axis: a factor is a difference of the loss. */
export const perplexityCurve = (rows: readonly PerplexityRow[], width = 560): Figure => ({
  description: "Training and held-out perplexity per epoch",
  legend: [
    { label: "training", role: "predicted", symbol: "line" },
    { label: "held out", role: "measured", symbol: "line" },
  ],
  plot: {
    ...common(width),
    x: { label: "epoch" },
    y: { label: "perplexity", type: "log", nice: true },
    marks: [
      ...axes,
      line(rows, { x: "epoch", y: "training", stroke: palette.predicted, strokeWidth: 1.75 }),
      line(rows, { x: "epoch", y: "heldOut", stroke: palette.measured, strokeWidth: 1.75 }),
    ],
  },
});

/** Held-out perplexity of every cell tried against its edges, and the path that was gone on with. */
export function cellPath(rows: readonly CellRow[], width = 560): Figure {
  const points = (chosen: readonly CellRow[]): readonly Point[] =>
    chosen.flatMap(({ edges, perplexity, wiring }) =>
      perplexity === undefined ? [] : [{ x: edges, y: perplexity, tip: wiring }],
    );
  const path = points(rows.filter(({ isKept }) => isKept));
  return {
    description: "Held-out perplexity against edges of every cell tried",
    legend: [
      { label: "tried", role: "predicted", symbol: "circle" },
      { label: "gone on with", role: "predicted", symbol: "line" },
      { label: "delivered", role: "measured", symbol: "dot" },
    ],
    plot: {
      ...common(width),
      x: { label: "edges", reverse: true },
      y: { label: "perplexity", type: "log", nice: true },
      marks: [
        ...axes,
        line(path, { x: "x", y: "y", stroke: palette.predicted, strokeWidth: 1.75 }),
        hollowDots(points(rows), palette.predicted),
        filledDots(points(rows.filter(({ isDelivered }) => isDelivered)), palette.measured),
      ],
    },
  };
}

const axes = [axisX({ ticks: 6, tickSize: 3 }), axisY({ ticks: 5, tickSize: 0 })];

const common = (width: number) => ({ width, height: 280, marginLeft: 48, marginBottom: 38 });
