import { axisX, axisY, cell, text, tickY } from "@observablehq/plot";
import { everyNth } from "./gains.ts";
import { palette } from "./palette.ts";
import type { Figure } from "./render.ts";
import type { RoundRow } from "./rows.ts";

const row_px = 24;
const denseRow_px = 14;
const manyLayers = 18;
/** A number of three digits needs so much of a cell. */
const labelled_px = 26;

interface Cell {
  readonly round: string;
  readonly layer: string;
  readonly width: number;
  /** Of the widest that this layer was. */
  readonly share: number;
  /** The width ends a step of cost: no neuron more is free, none is paid for in vain. */
  readonly isFull: boolean;
  readonly tip: string;
}

/**
 * Widths along the search's path: layers in network order from the top, rounds from the left, fuller colour is wider within a layer.
 * A bar under a cell marks a width at the very end of a step of cost, as `steps` has them by layer.
 */
export function pathMap(
  rows: readonly RoundRow[],
  steps: Readonly<Record<string, number>> = {},
  width = 560,
): Figure {
  const layers = Object.keys(rows.at(-1)?.widths ?? {});
  const rounds = rows.map(({ round }) => String(round));
  const cells = rows.flatMap((row) => cellsOf(row, rows, steps));
  const names = layers.map((layer) =>
    steps[layer] ? `${layer} (steps of ${steps[layer]})` : layer,
  );
  const nameOf = new Map(layers.map((layer, i) => [layer, names[i] ?? layer]));
  const marginLeft = Math.min(0.45 * width, 10 + 6.2 * Math.max(1, ...names.map((n) => n.length)));
  const cell_px = (width - marginLeft - 8) / Math.max(1, rounds.length);
  const isDense = layers.length > manyLayers;
  const y = ({ layer }: Cell) => nameOf.get(layer) ?? layer;
  const full = cells.filter(({ isFull }) => isFull);
  return {
    description: "Widths of all layers after each round",
    legend:
      full.length > 0
        ? [{ label: "at the end of a step of cost", role: "limit", symbol: "line" }]
        : [],
    plot: {
      width,
      height: layers.length * (isDense ? denseRow_px : row_px) + 42,
      marginLeft,
      marginTop: 8,
      marginRight: 8,
      marginBottom: 34,
      padding: 0.06,
      x: { type: "band", label: "round", domain: rounds },
      y: { type: "band", label: null, domain: names },
      marks: [
        axisX({ ticks: everyNth(rounds, width / 34), tickSize: 0, labelAnchor: "right" }),
        axisY({ tickSize: 0 }),
        cell(cells, {
          x: "round",
          y,
          fill: palette.measured,
          fillOpacity: ({ share }: Cell) => 0.08 + 0.72 * share,
          title: "tip",
        }),
        tickY(full, {
          x: "round",
          y,
          stroke: palette.limit,
          strokeWidth: 3,
          dy: (isDense ? denseRow_px : row_px) / 2 - 2.5,
        }),
        ...(cell_px >= labelled_px
          ? [
              text(cells, {
                x: "round",
                y,
                text: "width",
                fontSize: isDense ? 9 : 11,
                fill: ({ share }: Cell) => (share > 0.62 ? palette.paper : "currentColor"),
              }),
            ]
          : []),
      ],
    },
  };
}

function cellsOf(
  { round, widths }: RoundRow,
  rows: readonly RoundRow[],
  steps: Readonly<Record<string, number>>,
): readonly Cell[] {
  return Object.entries(widths).map(([layer, width]) => {
    const step = steps[layer];
    const widest = Math.max(...rows.map((row) => row.widths[layer] ?? 0));
    const isFull = step !== undefined && width % step === 0;
    return {
      round: String(round),
      layer,
      width,
      share: width / widest,
      isFull,
      tip: `round ${round}, ${layer}: ${width} neurons${isFull ? `, the end of a step of ${step}` : ""}`,
    };
  });
}
