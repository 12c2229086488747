import { groupBy } from "../group-by.ts";
import { type CsvRow, csvHeader, csvRows } from "./csv-rows.ts";
import type { ForeignRow, SourceFile, TableFormat } from "./foreign-table.ts";
import { headOf, numberOf } from "./source-text.ts";
import { toSi } from "./units.ts";

/** MLPerf Tiny results: medians of throughput and energy, a table for every system. */
export const mlperfTiny: TableFormat = {
  id: "mlperf-tiny",
  title: "MLPerf Tiny results",
  cannotHold: "layers, spread",
  recognises: (file) => {
    const header = csvHeader(headOf(file));
    return ["system", "benchmark", "median_throughput_inf_s"].every((name) =>
      header.includes(name),
    );
  },
  read: (file) =>
    [...groupBy(csvRows(file), ({ system = "" }) => system)].map(([device, rows]) => ({
      device,
      dialect: "CSV of medians",
      units: { latency: "s" as const, energy: "uJ" as const },
      details: {},
      rows: rows.map((row) => rowOf(file, row)),
    })),
};

const identity = ["benchmark", "mode", "round", "division", "submitter", "path"] as const;

function rowOf(file: SourceFile, row: CsvRow): ForeignRow {
  const key = identity.flatMap((name) => row[name] || []).join("/");
  const number = (field: string) => numberOf(file, row[field], `${key}: ${field}`);
  const samples = row.window_throughputs?.split(" ").filter(Boolean).length;
  return {
    key,
    op: "network",
    shape: { benchmark: row.benchmark ?? "", mode: row.mode ?? "" },
    ...(row.median_throughput_inf_s ? { latency_s: 1 / number("median_throughput_inf_s") } : {}),
    ...(row.median_energy_uJ_per_inf
      ? { energy_j: toSi(number("median_energy_uJ_per_inf"), "uJ") }
      : {}),
    ...(samples ? { samples } : {}),
  };
}
