import { csvText } from "../../src/csv.ts";
import { groupBy } from "../group-by.ts";
import { type CsvRow, csvHeader, csvRows } from "./csv-rows.ts";
import { distinctKeys } from "./distinct-keys.ts";
import { fitted } from "./fitted.ts";
import type { ForeignTable, SourceFile, TableFormat } from "./foreign-table.ts";
import { headOf, numberOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

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
  write: (tables) => {
    fitted(ncnnList, tables, ({ op }) => (op === "network" ? op : undefined));
    return { content: csvText(tables.flatMap(linesOf)), lost: [] };
  },
};

/** Devices that were timed several times are numbered by runs. */
function linesOf({ device = "unknown", details, rows }: ForeignTable) {
  const [, name = device, session = "1"] = /^(.*), run (\d+)$/.exec(device) ?? [];
  const run = Object.fromEntries(settings.map((setting) => [setting, details[setting] ?? ""]));
  return rows.flatMap(({ key, op, latency_s, fastest_s = latency_s, slowest_s = latency_s }) => {
    if (op !== "network" || latency_s === undefined) return [];
    const [min_ms, max_ms, avg_ms] = [fastest_s, slowest_s, latency_s].map((time_s) =>
      fromSi(time_s ?? 0, "ms"),
    );
    const model = key.replace(/ \(\d+\)$/, "");
    return [{ device: name, session, ...run, model, min_ms, max_ms, avg_ms }];
  });
}

function tableOf(file: SourceFile, device: string, rows: readonly CsvRow[]): ForeignTable {
  const details = Object.fromEntries(
    settings.flatMap((name) => {
      const value = rows[0]?.[name];
      return value ? [[name, numberOf(file, value, `${device}, ${name}`)]] : [];
    }),
  );
  const time_s = (row: CsvRow, field: string) =>
    toSi(numberOf(file, row[field], `${device}, ${row.model}, ${field}`), "ms");
  return {
    device,
    dialect: "CSV of benchncnn results",
    units: { latency: "ms" },
    details,
    // Some logs list a model twice.
    rows: distinctKeys(
      rows.map((row) => ({
        key: row.model ?? "",
        op: "network",
        shape: {},
        latency_s: time_s(row, "avg_ms"),
        fastest_s: time_s(row, "min_ms"),
        slowest_s: time_s(row, "max_ms"),
        ...(details.loop_count ? { samples: details.loop_count } : {}),
      })),
    ),
  };
}
