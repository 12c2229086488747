import { axisX, axisY, dot, ruleX, ruleY } from "@observablehq/plot";
import { formatNumber } from "../units.ts";
import { paddedDomain } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { ShapeRow } from "./rows.ts";

const row_px = 22;

/** Held-out loss of every network tried from scratch, best first: hollow after a short trial, square after the longer comparison. */
export function shapesTried(rows: readonly ShapeRow[], width = 560): Figure {
  const points = rows.flatMap(({ label, trialLoss, finalLoss }) => [
    ...(trialLoss === undefined ? [] : [{ label, loss: trialLoss, isFinal: false }]),
    ...(finalLoss === undefined ? [] : [{ label, loss: finalLoss, isFinal: true }]),
  ]);
  const shown = points.map((point) => ({
    ...point,
    tip: `${point.label}: ${formatNumber(point.loss)} after ${point.isFinal ? "the comparison" : "its trial"}`,
  }));
  const longest = Math.max(1, ...rows.map(({ label }) => label.length));
  const [low, high] = paddedDomain(shown.map(({ loss }) => loss));
  const [trials, finals] = [false, true].map((kind) =>
    shown.filter(({ isFinal }) => isFinal === kind),
  );
  return {
    description: "Held-out loss of the networks tried from scratch",
    legend: [
      { label: "after a short trial", role: "predicted", symbol: "circle" },
      { label: "after the longer comparison", role: "reference", symbol: "square" },
    ],
    plot: {
      width,
      height: rows.length * row_px + 50,
      marginLeft: 14 + 6.4 * longest,
      marginBottom: 38,
      marginTop: 8,
      x: { label: "held-out loss", domain: [low, high], grid: true },
      y: { type: "band", domain: rows.map(({ label }) => label), label: null, padding: 0.4 },
      marks: [
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ tickSize: 0 }),
        ruleY(rows, { y: "label", x1: low, x2: high, stroke: palette.faint }),
        dot(trials ?? [], {
          ...channels,
          r: 3.5,
          fill: palette.paper,
          stroke: palette.predicted,
          strokeWidth: 1.75,
        }),
        dot(finals ?? [], {
          ...channels,
          r: 4,
          symbol: "square",
          fill: palette.reference,
          stroke: palette.paper,
        }),
        ruleX([low], { stroke: "currentColor", strokeOpacity: 0.4 }),
      ],
    },
  };
}

const channels = { x: "loss", y: "label", title: "tip" } as const;
