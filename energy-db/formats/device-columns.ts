import { csvText } from "../../src/csv.ts";
import { type CsvRow, csvHeader, csvRows } from "./csv-rows.ts";
import { fitted } from "./fitted.ts";
import type { TableFormat } from "./foreign-table.ts";
import { headOf, numberOf } from "./source-text.ts";
import { fromSi, toSi } from "./units.ts";

const column = /^(.+)_(ms|us|s)$/;

/** Lists of whole networks, one column of latencies per device, as published with HELP: `index,arch,pixel3_ms,...`. */
export const deviceColumns: TableFormat = {
  id: "device-columns",
  title: "lists of networks with a column for every device (HELP, NAS-Bench)",
  cannotHold: "energy, spread, sample counts, anything but whole networks",
  recognises: (file) => {
    const [first = "", ...names] = csvHeader(headOf(file));
    return ["index", "arch_idx"].includes(first) && names.some((name) => column.test(name));
  },
  read: (file) => {
    const rows = csvRows(file);
    const devices = Object.keys(rows[0] ?? {}).flatMap((name) => {
      const [, device, unit] = column.exec(name) ?? [];
      return device && unit ? [{ name, device, unit: unit as "ms" | "us" | "s" }] : [];
    });
    return devices.map(({ name, device, unit }) => ({
      device,
      dialect: `column ${name}`,
      units: { latency: unit },
      details: {},
      rows: rows.flatMap((row, i) =>
        row[name]
          ? [
              {
                key: keyOf(row, i),
                op: "network",
                shape: row.arch ? { arch: row.arch } : {},
                latency_s: toSi(numberOf(file, row[name], `row ${i + 1}, ${name}`), unit),
              },
            ]
          : [],
      ),
    }));
  },
  write: (tables) => {
    const networks = new Map<string, Record<string, string | number>>();
    for (const { device = "device", units, rows } of tables) {
      const unit = units.latency === "ns" ? "us" : (units.latency ?? "ms");
      for (const { key, op, shape, latency_s } of rows) {
        if (op !== "network" || latency_s === undefined) continue;
        const known = networks.get(key) ?? { index: key, arch: shape.arch ?? "" };
        networks.set(key, { ...known, [`${device}_${unit}`]: fromSi(latency_s, unit) });
      }
    }
    fitted(deviceColumns, tables, ({ op }) => (op === "network" ? op : undefined));
    const rows = [...networks.values()].sort((a, b) => Number(a.index) - Number(b.index));
    return { content: csvText(rows), lost: [] };
  },
};

const keyOf = (row: CsvRow, i: number): string => row.index ?? row.arch_idx ?? String(i);
