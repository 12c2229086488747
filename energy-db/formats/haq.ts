import { csvHeader, csvRows } from "./csv-rows.ts";
import type { TableFormat } from "./foreign-table.ts";
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
};
