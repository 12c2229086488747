import { csvText } from "../../src/csv.ts";
import { groupBy } from "../group-by.ts";
import { type CsvRow, csvHeader, csvRows } from "./csv-rows.ts";
import { fitted } from "./fitted.ts";
import type { ForeignRow, ForeignTable, SourceFile, TableFormat } from "./foreign-table.ts";
import { headOf, numberOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

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
  write: (tables) => {
    fitted(mlperfTiny, tables, ({ op }) => (op === "network" ? op : undefined));
    return { content: csvText(tables.flatMap(linesOf)), lost: [] };
  },
};

const linesOf = ({ device = "unknown", rows }: ForeignTable) =>
  rows.flatMap(({ key, op, shape, latency_s, energy_j }) => {
    if (op !== "network") return [];
    const named = identity.map((name) => [name, shape[name] ?? ""] as const);
    const throughput = latency_s === undefined ? "" : throughputOf(latency_s);
    return [
      {
        ...Object.fromEntries(named),
        benchmark: shape.benchmark ?? key,
        system: device,
        median_throughput_inf_s: throughput,
        median_energy_uJ_per_inf: energy_j === undefined ? "" : fromSi(energy_j, "uJ"),
      },
    ];
  });

/** The shortest number whose inverse is the latency. */
function throughputOf(latency_s: number): number {
  const digits = [6, 9, 12, 15, 17].map((count) => Number((1 / latency_s).toPrecision(count)));
  return digits.find((value) => 1 / value === latency_s) ?? 1 / latency_s;
}

const identity = ["benchmark", "mode", "round", "division", "submitter", "path"] as const;

function rowOf(file: SourceFile, row: CsvRow): ForeignRow {
  const key = identity.flatMap((name) => row[name] || []).join("/");
  const number = (field: string) => numberOf(file, row[field], `${key}: ${field}`);
  const samples = row.window_throughputs?.split(" ").filter(Boolean).length;
  return {
    key,
    op: "network",
    shape: Object.fromEntries(identity.flatMap((name) => (row[name] ? [[name, row[name]]] : []))),
    ...(row.median_throughput_inf_s ? { latency_s: 1 / number("median_throughput_inf_s") } : {}),
    ...(row.median_energy_uJ_per_inf
      ? { energy_j: toSi(number("median_energy_uJ_per_inf"), "uJ") }
      : {}),
    ...(samples ? { samples } : {}),
  };
}
