import { axisX, axisY, dot, link } from "@observablehq/plot";
import { formatNumber, formatSeconds } from "../units.ts";
import { paddedDomain } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";

/** One kernel, or row of other tools' tables, that two platforms know. */
export interface SharedKernel {
  readonly kernel: string;
  readonly one_s: number;
  readonly other_s: number;
}

/** Kernels of two platforms against each other on logarithmic axes; on the line they take equally long. */
export function comparePlatforms(
  rows: readonly SharedKernel[],
  [one, other]: readonly [string, string],
  width = 560,
): Figure {
  const values = rows.flatMap(({ one_s, other_s }) => [one_s, other_s]);
  const powers = paddedDomain(values.map(Math.log10));
  const [low, high] = [1e6 * 10 ** powers[0], 1e6 * 10 ** powers[1]];
  const points = rows.map(({ kernel, one_s, other_s }) => ({
    x: one_s * 1e6,
    y: other_s * 1e6,
    tip: `${kernel}: ${formatSeconds(one_s)} against ${formatSeconds(other_s)}, ${formatNumber(other_s / one_s)} times`,
  }));
  return {
    description: `Latencies of kernels on ${one} and on ${other}`,
    legend: [
      { label: "kernel known of both", role: "measured", symbol: "dot" },
      { label: "equally long", role: "reference", symbol: "line" },
    ],
    plot: {
      width,
      height: Math.min(420, width),
      marginLeft: 52,
      marginBottom: 38,
      x: { type: "log", label: `${one} (µs)`, domain: [low, high] },
      y: { type: "log", label: `${other} (µs)`, domain: [low, high] },
      marks: [
        axisX({ ticks: 5, tickSize: 3, tickFormat: formatNumber }),
        axisY({ ticks: 5, tickSize: 0, tickFormat: formatNumber }),
        link([0], { x1: low, y1: low, x2: high, y2: high, stroke: palette.reference }),
        dot(points, {
          x: "x",
          y: "y",
          r: 3,
          fill: palette.measured,
          fillOpacity: 0.6,
          title: "tip",
        }),
      ],
    },
  };
}
