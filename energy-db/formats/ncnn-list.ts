import { groupBy } from "../group-by.ts";
import { type CsvRow, csvHeader, csvRows } from "./csv-rows.ts";
import type { ForeignTable, SourceFile, TableFormat } from "./foreign-table.ts";
import { headOf, numberOf } from "./source-text.ts";
import { toSi } from "./units.ts";

const settings = ["loop_count", "num_threads", "powersave", "gpu_device", "cooling_down"] as const;

/** benchncnn's results of many devices in one CSV: a table for every device and run. */
export const ncnnList: TableFormat = {
  id: "ncnn-list",
  title: "benchncnn results of many devices",
  cannotHold: "energy, layers",
  recognises: (file) => {
    const header = csvHeader(headOf(file));
    return ["device", "model", "min_ms", "max_ms", "avg_ms"].every((name) => header.includes(name));
  },
  read: (file) =>
    [...groupBy(csvRows(file), (row) => `${row.device}, run ${row.session ?? 1}`)].map(
      ([device, rows]) => tableOf(file, device, rows),
    ),
};

function tableOf(file: SourceFile, device: string, rows: readonly CsvRow[]): ForeignTable {
  const details = Object.fromEntries(
    settings.flatMap((name) => {
      const value = rows[0]?.[name];
      return value ? [[name, numberOf(file, value, `${device}, ${name}`)]] : [];
    }),
  );
  const time_s = (row: CsvRow, field: string) =>
    toSi(numberOf(file, row[field], `${device}, ${row.model}, ${field}`), "ms");
  const first = new Map(rows.map(({ model = "" }, i) => [model, i] as const).reverse());
  return {
    device,
    dialect: "CSV of benchncnn results",
    units: { latency: "ms" },
    details,
    rows: rows.map((row, i) => ({
      // Some logs list a model twice.
      key: first.get(row.model ?? "") === i ? (row.model ?? "") : `${row.model} (line ${i + 1})`,
      op: "network",
      shape: {},
      latency_s: time_s(row, "avg_ms"),
      fastest_s: time_s(row, "min_ms"),
      slowest_s: time_s(row, "max_ms"),
      ...(details.loop_count ? { samples: details.loop_count } : {}),
    })),
  };
}
