import { axisX, axisY, dot, line, ruleY } from "@observablehq/plot";
import { formatPercent, formatSeconds } from "../units.ts";
import { paddedDomain } from "./marks.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";

/** The canary network, once per block of a session: how fast the machine was while everything else was measured. */
export interface CanaryRow {
  readonly session: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly latency_s: number;
}

const minute_ms = 60_000;

/** How much slower than at its fastest the machine was, over the minutes of each session; sessions start at 0. */
export function drift(rows: readonly CanaryRow[], width = 560): Figure {
  const fastest_s = Math.min(...rows.map(({ latency_s }) => latency_s));
  const sessions = [...new Set(rows.map(({ session }) => session))];
  const points = sessions.flatMap((session) => {
    const own = rows
      .filter((row) => row.session === session)
      .toSorted((a, b) => a.measuredAt.localeCompare(b.measuredAt));
    const start_ms = Date.parse(own[0]?.measuredAt ?? "");
    return own.map(({ measuredAt, latency_s }) => ({
      session,
      x: (Date.parse(measuredAt) - start_ms) / minute_ms,
      y: 100 * (latency_s / fastest_s - 1),
      tip: `session ${session}, ${measuredAt}: ${formatSeconds(latency_s)}, ${formatPercent(latency_s / fastest_s - 1)} slower`,
    }));
  });
  return {
    description: "How much slower than at its fastest the machine was over time",
    legend: [{ label: "canary network, a line per session", role: "measured", symbol: "dot" }],
    plot: {
      width,
      height: 240,
      marginLeft: 44,
      marginBottom: 38,
      x: { label: "minutes since the session began", zero: true },
      y: {
        label: "slower than fastest (%)",
        domain: paddedDomain([0, ...points.map(({ y }) => y)]),
      },
      marks: [
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ ticks: 5, tickSize: 0 }),
        ruleY([0], { stroke: "currentColor", strokeOpacity: 0.4 }),
        line(points, {
          x: "x",
          y: "y",
          z: "session",
          stroke: palette.measured,
          strokeOpacity: 0.5,
        }),
        dot(points, { x: "x", y: "y", r: 3, fill: palette.measured, title: "tip" }),
      ],
    },
  };
}
