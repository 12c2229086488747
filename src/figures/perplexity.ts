import { axisX, axisY, line } from "@observablehq/plot";
import { formatNumber } from "../units.ts";
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
    y: perplexityScale(rows.flatMap(shownOf)),
    marks: [
      wholeAxis(rows.map(({ epoch }) => epoch)),
      perplexityAxis(rows.flatMap(shownOf)),
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
      y: perplexityScale(points(rows).map(({ y }) => y)),
      marks: [
        wholeAxis(rows.map(({ edges }) => edges)),
        perplexityAxis(points(rows).map(({ y }) => y)),
        line(path, { x: "x", y: "y", stroke: palette.predicted, strokeWidth: 1.75 }),
        hollowDots(points(rows), palette.predicted),
        filledDots(points(rows.filter(({ isDelivered }) => isDelivered)), palette.measured),
      ],
    },
  };
}

const shownOf = ({ training, heldOut }: PerplexityRow) => [training, heldOut];

/** A twentieth beyond what is shown. */
const ends = (shown: readonly number[]) =>
  [Math.min(...shown) / 1.05, 1.05 * Math.max(...shown)] as const;

const perplexityScale = (shown: readonly number[]) => ({
  label: "perplexity",
  type: "log" as const,
  domain: [...ends(shown)],
});

/** Five ticks in equal factors: powers of ten would be too far apart. */
function perplexityAxis(shown: readonly number[]) {
  const [low, high] = ends(shown);
  const ticks = Array.from({ length: 5 }, (_, i) => low * (high / low) ** (i / 4));
  return axisY({ ticks, tickFormat: formatNumber, tickSize: 0 });
}

/** Ticks at whole numbers, ten at most. */
function wholeAxis(counts: readonly number[]) {
  const [first, last] = [Math.min(...counts), Math.max(...counts)];
  const step = Math.max(1, Math.ceil((last - first) / 9));
  const ticks = Array.from(
    { length: 1 + Math.floor((last - first) / step) },
    (_, i) => first + i * step,
  );
  return axisX({ ticks, tickFormat: String, tickSize: 3 });
}

const common = (width: number) => ({ width, height: 280, marginLeft: 48, marginBottom: 38 });
