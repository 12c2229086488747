import { axisX, axisY, barX } from "@observablehq/plot";
import { axisUnit } from "./axis-unit.ts";
import { palette } from "./palette.ts";
import { type CostQuantity, costWords } from "./quantity.ts";
import type { Figure } from "./render.ts";
import type { Provenance } from "./rows.ts";

/** A layer of a model whose cost is estimated. */
export interface ShareRow {
  readonly layer: string;
  readonly latency_s: number;
  readonly energy_j?: number | undefined;
  readonly provenance: Provenance;
}

const row_px = 18;
/** Layers drawn: those that take most, in the order that they run. */
const mostRows = 32;
const longestName = 32;

/** What every layer takes of a model's latency or energy; filled where the table knows the kernel, hollow where its work had to do. */
export function layerShares(
  layers: readonly ShareRow[],
  quantity: CostQuantity = "latency_s",
  width = 560,
): Figure {
  const { title, unit: symbol, format } = costWords[quantity];
  const costs = layers.map((layer, place) => ({ ...layer, place, cost: layer[quantity] ?? 0 }));
  const whole = costs.reduce((sum, { cost }) => sum + cost, 0);
  const shown = [...costs]
    .sort((a, b) => b.cost - a.cost)
    .slice(0, mostRows)
    .sort((a, b) => a.place - b.place);
  const rest = whole - shown.reduce((sum, { cost }) => sum + cost, 0);
  const unit = axisUnit(
    shown.map(({ cost }) => cost),
    symbol,
  );
  const bars = shown.map(({ layer, place, cost, provenance }) => ({
    row: `${place}`,
    x: cost / unit.factor,
    isKnown: provenance !== "predicted",
    tip: `${layer}: ${format(cost)}, ${percent(cost / whole)}, ${provenance}`,
  }));
  const names = new Map(shown.map(({ place, layer }) => [`${place}`, shortened(layer)]));
  const longest = Math.max(1, ...[...names.values()].map(({ length }) => length));
  const hasGuesses = bars.some(({ isKnown }) => !isKnown);
  return {
    description: `${title} of ${layers.length} layers, each layer's share`,
    ...(rest > 0 && shown.length < layers.length
      ? {
          note: `${layers.length - shown.length} more layers take ${percent(rest / whole)} together`,
        }
      : {}),
    legend: [
      { label: "from rows of the table", role: "measured", symbol: "square" },
      ...(hasGuesses
        ? [{ label: "predicted from work", role: "predicted", symbol: "hollow-square" } as const]
        : []),
    ],
    plot: {
      width,
      height: shown.length * row_px + 48,
      marginLeft: 14 + 6 * longest,
      marginRight: 44,
      marginBottom: 38,
      marginTop: 6,
      x: { label: `${title.toLowerCase()} (${unit.symbol})`, zero: true, nice: true, grid: true },
      y: { type: "band", domain: bars.map(({ row }) => row), label: null, padding: 0.25 },
      marks: [
        axisX({ ticks: 5, tickSize: 3 }),
        axisY({ tickSize: 0, tickFormat: (row: string) => names.get(row) ?? "" }),
        barX(
          bars.filter(({ isKnown }) => isKnown),
          { y: "row", x: "x", title: "tip", fill: palette.measured },
        ),
        barX(
          bars.filter(({ isKnown }) => !isKnown),
          {
            ...{ y: "row", x: "x", title: "tip", fill: palette.paper },
            ...{ stroke: palette.predicted, strokeWidth: 1.5, insetTop: 1, insetBottom: 1 },
          },
        ),
      ],
    },
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const shortened = (name: string): string =>
  name.length > longestName ? `…${name.slice(1 - longestName)}` : name;
