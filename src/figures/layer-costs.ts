import { axisX, axisY, dot, ruleY } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import { isMeasured, shownInterval } from "./marks.ts";
import { palette } from "./palette.ts";
import { type CostQuantity, costWords, provenancesOf } from "./quantity.ts";
import type { Figure, LegendEntry } from "./render.ts";
import type { LayerRow, Reading } from "./rows.ts";

const row_px = 26;
const denseRow_px = 20;
const manyRows = 16;

type Side = "predicted" | "verified";

/** Per layer of the delivered network: what the table predicted and what was seen on the device, with 95 % intervals. */
export function layerCosts(rows: readonly LayerRow[], quantity: CostQuantity, width = 560): Figure {
  const { name, unit: symbol, format } = costWords[quantity];
  const readingsOf = (side: Side) => rows.flatMap((row) => row[side]?.[quantity] ?? []);
  const sides = (["predicted", "verified"] as const).filter((side) => readingsOf(side).length > 0);
  const unit = axisUnit(
    sides.flatMap(readingsOf).map(({ value }) => value),
    symbol,
  );
  const pointsOf = (side: Side) =>
    rows.flatMap((row) => {
      const reading = row[side]?.[quantity];
      if (!reading) return [];
      return {
        layer: row.layer,
        x: reading.value / unit.factor,
        ...shownInterval(reading, unit),
        isMeasured: isMeasured(reading.provenance),
        tip: `${row.layer}: ${format(reading.value)} ${reading.provenance}`,
      };
    });
  const longest = Math.max(1, ...rows.map(({ layer }) => layer.length));
  return {
    description: `${side(sides)} ${name} per layer`,
    legend: sides.map((which) => legendOf(which, readingsOf(which))),
    plot: {
      width,
      height: rows.length * (rows.length > manyRows ? denseRow_px : row_px) + 56,
      marginLeft: 14 + 6.4 * longest,
      marginBottom: 38,
      marginTop: 8,
      x: { label: `${name} (${unit.symbol})`, zero: true, nice: true, grid: true },
      y: { type: "band", domain: rows.map(({ layer }) => layer), label: null, padding: 0.4 },
      marks: [
        axisX({ ticks: 6, tickSize: 3 }),
        axisY({ tickSize: 0 }),
        ...sides.flatMap((which) => {
          const stroke = palette[roles[which]];
          const dy = sides.length === 1 ? 0 : which === "predicted" ? -4 : 4;
          const points = pointsOf(which);
          return [
            ruleY(points, {
              y: "layer",
              x1: "low",
              x2: "high",
              stroke,
              strokeWidth: 2,
              strokeOpacity: 0.55,
              dy,
            }),
            dot(points, {
              y: "layer",
              x: "x",
              title: "tip",
              stroke,
              strokeWidth: 1.75,
              fill: (point: { isMeasured: boolean }) =>
                which === "verified" && point.isMeasured ? stroke : palette.paper,
              r: 3.5,
              dy,
            }),
          ];
        }),
      ],
    },
  };
}

const roles = { predicted: "predicted", verified: "measured" } as const;

const side = (sides: readonly Side[]): string =>
  sides.length > 1 ? "Predicted and verified" : sides[0] === "verified" ? "Verified" : "Predicted";

function legendOf(which: Side, readings: readonly Reading[]): LegendEntry {
  const isFilled =
    which === "verified" && readings.every(({ provenance }) => isMeasured(provenance));
  const words = which === "predicted" ? "by the table" : "in the network on the device";
  return {
    label: `${words} (${provenancesOf(readings)})`,
    role: roles[which],
    symbol: isFilled ? "dot" : "circle",
  };
}
