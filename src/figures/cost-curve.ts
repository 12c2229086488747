import { areaY, axisX, axisY, line, link, ruleX } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import { baseline, filledDots, hollowDots, isMeasured, shownInterval } from "./marks.ts";
import { palette } from "./palette.ts";
import { type CostQuantity, costWords } from "./quantity.ts";
import type { Figure } from "./render.ts";
import type { CurveRow, StairRow } from "./rows.ts";

/** More stand so close that the band between them says the same. */
const mostWhiskers = 16;

/** One layer's kernel: latency or energy against output width with 95 % intervals and the stairs found. */
export function costCurve(
  rows: readonly CurveRow[],
  stairs: readonly StairRow[] = [],
  quantity: CostQuantity = "latency_s",
  along = "output width",
): Figure {
  const [first] = rows;
  const { title, unit: symbol, format } = costWords[quantity];
  const sorted = [...rows].sort((a, b) => a.width - b.width);
  const unit = axisUnit(
    rows.flatMap((row) => row[quantity]?.high ?? row[quantity]?.value ?? []),
    symbol,
  );
  const points = sorted.flatMap((row) => {
    const reading = row[quantity];
    if (!reading) return [];
    return {
      x: row.width,
      y: reading.value / unit.factor,
      ...shownInterval(reading, unit),
      tip: `width ${row.width}: ${format(reading.value)}, ${reading.provenance}`,
      isMeasured: isMeasured(reading.provenance),
    };
  });
  const rowsMeasured = sorted.flatMap(({ width, measured_s }) =>
    measured_s && quantity === "latency_s"
      ? {
          x: width,
          y: measured_s.value / unit.factor,
          tip: `width ${width}: ${format(measured_s.value)}, ${measured_s.provenance} at exactly this width`,
        }
      : [],
  );
  const treads = stairs.flatMap(({ from, to, [quantity]: cost }) =>
    cost === undefined ? [] : [{ from, to, y: cost / unit.factor }],
  );
  const steps = stairs[0] ? `steps of ${stairs[0].step}` : "no steps found";
  return {
    description: `${title} of ${first?.layer ?? "a layer"} against its width, ${steps}`,
    heading: first?.layer ?? "",
    note: first?.kernel ? `${first.kernel} · ${steps}` : steps,
    plot: {
      width: 348,
      height: 190,
      marginLeft: 40,
      marginBottom: 34,
      x: { label: `${along} (channels)`, nice: false },
      y: { label: `${title.toLowerCase()} (${unit.symbol})`, zero: true, nice: true },
      marks: [
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ ticks: 4, tickSize: 0 }),
        baseline(),
        areaY(points, { x: "x", y1: "low", y2: "high", fill: palette.measured, fillOpacity: 0.15 }),
        link(treads, {
          x1: "from",
          x2: "to",
          y1: "y",
          y2: "y",
          stroke: palette.limit,
          strokeWidth: 7,
          strokeOpacity: 0.35,
        }),
        line(points, { x: "x", y: "y", stroke: palette.measured, strokeOpacity: 0.45 }),
        ruleX(points.length > mostWhiskers ? [] : points, {
          x: "x",
          y1: "low",
          y2: "high",
          stroke: palette.measured,
          strokeWidth: 1.5,
        }),
        filledDots(
          points.filter((point) => point.isMeasured),
          palette.measured,
          { r: 3 },
        ),
        hollowDots(
          points.filter((point) => !point.isMeasured),
          palette.predicted,
          { r: points.length > mostWhiskers ? 1.5 : 2.5 },
        ),
        filledDots(rowsMeasured, palette.measured, { r: 3 }),
      ],
    },
  };
}
