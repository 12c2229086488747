import { csvText } from "../../src/csv.ts";
import { csvHeader, csvRows } from "./csv-rows.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, TableFormat } from "./foreign-table.ts";
import { headOf, numberOf } from "./source-text.ts";

const names = ["layer", "wbit_idx", "abit_idx", "latency_cycles"] as const;

/** Latencies of quantised layers on a simulated accelerator, as published with HAQ: cycles by layer and bit widths. */
export const haq: TableFormat = {
  id: "haq",
  title: "HAQ cycles by layer and bit widths",
  cannotHold: "time, energy, shapes: an accelerator's cycles are no seconds",
  recognises: (file) => csvHeader(headOf(file)).join() === names.join(),
  read: (file) => [
    {
      dialect: "CSV of cycles",
      units: { work: "cycles" },
      details: {},
      rows: csvRows(file).map((row, i) => {
        const value = (name: (typeof names)[number]) =>
          numberOf(file, row[name], `row ${i + 1}, ${name}`);
        const shape = {
          layer: value("layer"),
          weightBits: value("wbit_idx") + 1,
          activationBits: value("abit_idx") + 1,
        };
        return {
          key: `${shape.layer}/w${shape.weightBits}/a${shape.activationBits}`,
          op: "layer",
          shape,
          work: value("latency_cycles"),
        };
      }),
    },
  ],
  write: (tables) => ({
    content: csvText(fitted(haq, tables, lineOf)),
    lost: [],
  }),
};

function lineOf({ shape, work }: ForeignRow) {
  const { layer, weightBits, activationBits } = shape;
  if (layer === undefined || work === undefined) return undefined;
  if (typeof weightBits !== "number" || typeof activationBits !== "number") return undefined;
  const cells = { layer, wbit_idx: weightBits - 1, abit_idx: activationBits - 1 };
  return { ...cells, latency_cycles: work };
}
