import { csvText } from "../../src/csv.ts";
import { csvHeader, csvRows } from "./csv-rows.ts";
import { areFlat, type FlatRow, flatColumns, flatten, unflatten } from "./flat-rows.ts";
import type { TableFormat } from "./foreign-table.ts";
import { headOf, numberOf } from "./source-text.ts";

/** Imported tables as one CSV, in SI units: a line for every row, beside it what its table says. */
export const ownCsv: TableFormat = {
  id: "csv",
  title: "wattsplit's own CSV",
  cannotHold: "nothing is lost",
  recognises: (file) => areFlat(csvHeader(headOf(file))),
  read: (file) => {
    const rows = csvRows(file).map((row, i): FlatRow => {
      const cells = flatColumns.flatMap(({ name, type }) => {
        const text = row[name];
        if (!text && name !== "dialect") return [];
        const place = `row ${i + 1}, ${name}`;
        const value = type === "number" ? numberOf(file, text, place) : (text ?? "");
        return [[name, value] as const];
      });
      return Object.fromEntries(cells);
    });
    return unflatten(file, rows);
  },
  write: (tables) => ({ content: csvText(flatten(tables)), lost: [] }),
};
