import { axisX, axisY, dot, ruleY } from "@observablehq/plot";
import { formatSeconds } from "../units.ts";
import { axisUnit } from "./axis-unit.ts";
import { shownInterval } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { LayerRow } from "./rows.ts";

const row_px = 26;
const denseRow_px = 20;
const manyRows = 16;

/** Per layer of the delivered network: what the table predicted and what the device took, with 95 % intervals. */
export function verification(rows: readonly LayerRow[], width = 560): Figure {
  const readings = rows.flatMap(({ predicted_s, measured_s }) => [predicted_s, measured_s]);
  const unit = axisUnit(
    readings.map(({ value }) => value),
    "s",
  );
  const side = (which: "predicted_s" | "measured_s", what: string) =>
    rows.map((row) => ({
      layer: row.layer,
      x: row[which].value / unit.factor,
      ...shownInterval(row[which], unit),
      tip: `${row.layer}: ${formatSeconds(row[which].value)} ${what}`,
    }));
  const longest = Math.max(1, ...rows.map(({ layer }) => layer.length));
  return {
    description: "Predicted and measured latency per layer",
    legend: [
      { label: "predicted from the table", role: "predicted", symbol: "circle" },
      { label: "measured, with 95 % interval", role: "measured", symbol: "dot" },
    ],
    plot: {
      width,
      height: rows.length * (rows.length > manyRows ? denseRow_px : row_px) + 56,
      marginLeft: 14 + 6.4 * longest,
      marginBottom: 38,
      marginTop: 8,
      x: { label: `latency (${unit.symbol})`, zero: true, nice: true, grid: true },
      y: { type: "band", domain: rows.map(({ layer }) => layer), label: null, padding: 0.4 },
      marks: [
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ tickSize: 0 }),
        ...(
          [
            ["predicted_s", palette.predicted, -4, "predicted"],
            ["measured_s", palette.measured, 4, "measured"],
          ] as const
        ).flatMap(([which, stroke, dy, what]) => [
          ruleY(side(which, what), {
            y: "layer",
            x1: "low",
            x2: "high",
            stroke,
            strokeWidth: 2,
            strokeOpacity: 0.55,
            dy,
          }),
          dot(side(which, what), {
            y: "layer",
            x: "x",
            title: "tip",
            stroke,
            strokeWidth: 1.75,
            fill: which === "measured_s" ? stroke : palette.paper,
            r: 3.5,
            dy,
          }),
        ]),
      ],
    },
  };
}
