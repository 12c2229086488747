import { areaY, axisX, axisY, link } from "@observablehq/plot";
import { formatSeconds } from "../units.ts";
import { axisUnit } from "./axis-unit.ts";
import { filledDots } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { HeldOutRow } from "./rows.ts";

/**
 * Networks the table never saw: measured latency against the sum over their kernels; on the line they add up. Axes are logarithmic:
 * errors are relative, and the networks that searches visit are the small ones.
 */
export function heldOut(rows: readonly HeldOutRow[], width = 560): Figure {
  const values = rows.flatMap(({ predicted_s, measured_s }) => [predicted_s, measured_s]);
  const unit = axisUnit(values, "s");
  const [start, high] = logDomain(values.map((value) => value / unit.factor));
  const points = rows.map(({ network, predicted_s, measured_s }) => ({
    x: predicted_s / unit.factor,
    y: measured_s / unit.factor,
    tip: `${network}: predicted ${formatSeconds(predicted_s)}, measured ${formatSeconds(measured_s)}`,
  }));
  return {
    description: "Measured against predicted latency of held-out networks",
    legend: [
      { label: "held-out network", role: "measured", symbol: "dot" },
      { label: "predicted = measured, ±10 %", role: "reference", symbol: "line" },
    ],
    plot: {
      width,
      height: 320,
      marginLeft: 48,
      marginBottom: 38,
      x: { type: "log", label: `predicted latency (${unit.symbol})`, domain: [start, high] },
      y: { type: "log", label: `measured latency (${unit.symbol})`, domain: [start, high] },
      marks: [
        axisX({ ticks: 6, tickSize: 3, tickFormat: "~g" }),
        axisY({ ticks: 6, tickSize: 0, tickFormat: "~g" }),
        // Its corners: where it leaves the frame it bends.
        areaY([start, start / 0.9, high / 1.1, high], {
          x: (value: number) => value,
          y1: (value: number) => Math.max(start, value * 0.9),
          y2: (value: number) => Math.min(high, value * 1.1),
          fill: palette.reference,
          fillOpacity: 0.13,
        }),
        link([0], { x1: start, y1: start, x2: high, y2: high, stroke: palette.reference }),
        filledDots(points, palette.measured),
      ],
    },
  };
}

/** From a little below the least to a little above the greatest value. */
function logDomain(values: readonly number[]): readonly [number, number] {
  const margin = 1.15;
  return [Math.min(...values) / margin, Math.max(...values) * margin];
}
