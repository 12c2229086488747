import { axisX, axisY, cell, text } from "@observablehq/plot";
import { formatSeconds } from "../units.ts";
import { axisUnit } from "./axis-unit.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";

/** Cost of one kernel at a pair of widths. */
export interface WidthPair {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly latency_s: number;
}

/** Below this side, in pixels, a number no longer fits into its cell. */
const smallestLabelled_px = 30;

/** Latency over input and output widths as a map: stronger is dearer, numbers where they fit. */
export function widthMap(pairs: readonly WidthPair[], width = 560): Figure {
  const unit = axisUnit(
    pairs.map(({ latency_s }) => latency_s),
    "s",
  );
  const across = new Set(pairs.map(({ inChannels }) => inChannels)).size;
  const down = new Set(pairs.map(({ outChannels }) => outChannels)).size;
  const height = Math.min(420, 70 + 26 * down);
  const dearest = Math.max(...pairs.map(({ latency_s }) => latency_s));
  const cells = pairs.map(({ inChannels, outChannels, latency_s }) => ({
    x: inChannels,
    y: outChannels,
    label: cellLabel(latency_s / unit.factor),
    // Cost grows with the product of widths: its root tells small kernels apart too.
    share: Math.sqrt(latency_s / dearest),
    tip: `${inChannels} to ${outChannels} channels: ${formatSeconds(latency_s)}`,
  }));
  const labelled = (width - 56) / across >= smallestLabelled_px;
  return {
    description: "Latency over input and output widths",
    note: `latency in ${unit.symbol}, stronger is dearer`,
    plot: {
      width,
      height,
      marginLeft: 48,
      marginBottom: 38,
      padding: 0.04,
      x: { label: "input width (channels)", type: "band" },
      y: { label: "output width (channels)", type: "band", reverse: true },
      marks: [
        axisX({ tickSize: 0 }),
        axisY({ tickSize: 0 }),
        cell(cells, {
          x: "x",
          y: "y",
          fill: palette.measured,
          fillOpacity: ({ share }: { share: number }) => 0.06 + 0.74 * share,
          title: "tip",
        }),
        ...(labelled
          ? [
              text(cells, {
                x: "x",
                y: "y",
                text: "label",
                fill: ({ share }: { share: number }) =>
                  share > 0.7 ? palette.paper : "currentColor",
              }),
            ]
          : []),
      ],
    },
  };
}

/** Two digits, one below 1: what fits into a cell, and never with an exponent. */
const cellLabel = (value: number): string =>
  value < 1 ? value.toPrecision(1) : `${Number(value.toPrecision(2))}`;
