import { axisX, axisY, ruleX } from "@observablehq/plot";
import { formatNumber } from "../units.ts";
import { baseline, filledDots, hollowDots } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { RoundRow } from "./rows.ts";

const words = {
  predictedGain: "predicted by the splitting indices",
  realisedGain: "realised",
} as const;

/** Per round: the fall of the loss that the splitting indices promised against what came. */
export function gains(rows: readonly RoundRow[], width = 560): Figure {
  const points = rows.flatMap(({ round, predictedGain, realisedGain }) =>
    predictedGain === undefined || realisedGain === undefined
      ? []
      : [{ round, predictedGain, realisedGain }],
  );
  const apart_px = Math.min(5, (width - 70) / points.length / 4);
  return {
    description: "Predicted and realised fall of the loss per round",
    legend: [
      { label: words.predictedGain, role: "predicted", symbol: "circle" },
      { label: words.realisedGain, role: "measured", symbol: "dot" },
    ],
    plot: {
      width,
      height: 320,
      marginLeft: 52,
      marginBottom: 38,
      x: { type: "point", label: "round", domain: points.map(({ round }) => round), padding: 0.7 },
      y: { label: "fall of the loss (nats)", zero: true, nice: true },
      marks: [
        axisX({
          ticks: everyNth(
            points.map(({ round }) => round),
            width / 28,
          ),
          tickSize: 3,
          labelAnchor: "right",
        }),
        axisY({ ticks: 5, tickSize: 0 }),
        baseline(),
        ...(
          [
            ["predictedGain", palette.predicted, -apart_px, hollowDots],
            ["realisedGain", palette.measured, apart_px, filledDots],
          ] as const
        ).flatMap(([which, stroke, dx, dots]) => [
          ruleX(points, {
            x: "round",
            y1: 0,
            y2: which,
            stroke,
            strokeWidth: 2,
            strokeOpacity: 0.4,
            dx,
          }),
          dots(
            points.map((point) => ({
              x: point.round,
              y: point[which],
              tip: `round ${point.round}: loss falls by ${formatNumber(point[which])}, ${words[which]}`,
            })),
            stroke,
            { dx },
          ),
        ]),
      ],
    },
  };
}

/** So many that labels do not touch. */
export function everyNth<T>(items: readonly T[], most: number): readonly T[] {
  const nth = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, index) => index % nth === 0);
}
