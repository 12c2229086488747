import { groupBy } from "../group-by.ts";
import type { FlatRow } from "./flat-rows.ts";
import type { ForeignRow, ForeignTable, SourceFile } from "./foreign-table.ts";
import { numberOf } from "./source-text.ts";
import { toSi } from "./units.ts";

const needed = ["arch_idx", "device", "lat_ms_median"];
const known = [...needed, "framework", "task", "lat_ms_var", "energy_mj"];

/** Columns of HW-NAS-Bench-360's lists of networks. */
export const nasBenchColumns = { needed, known };

/** A table for every device, framework and task, of the networks that have a latency. */
export function readNasBench(file: SourceFile, rows: readonly FlatRow[]): readonly ForeignTable[] {
  const measured = rows.filter(({ lat_ms_median }) => lat_ms_median !== undefined);
  const platforms = groupBy(measured, ({ device, framework, task }) =>
    [device, framework, task].filter((part) => part !== undefined).join(", "),
  );
  return [...platforms].map(([device, own]) => ({
    device,
    dialect: "Parquet of networks",
    units: { latency: "ms", energy: "mJ" },
    details: {},
    rows: own.map((row) => rowOf(file, row)),
  }));
}

function rowOf(file: SourceFile, row: FlatRow): ForeignRow {
  const key = String(row.arch_idx);
  const number = (name: string) => numberOf(file, row[name], `network ${key}: ${name}`);
  return {
    ...{ key, op: "network", shape: {} },
    latency_s: toSi(number("lat_ms_median"), "ms"),
    ...(row.lat_ms_var === undefined
      ? {}
      : { latency_sd_s: toSi(Math.sqrt(Math.max(0, number("lat_ms_var"))), "ms") }),
    ...(row.energy_mj === undefined ? {} : { energy_j: toSi(number("energy_mj"), "mJ") }),
  };
}
