import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lossesOf } from "../../../energy-db/formats/losses.ts";
import { findFormat, formatOf } from "../../../energy-db/formats/registry.ts";
import { openTable } from "../../../energy-db/index.ts";
import { importTable } from "../../../src/app/workflows/import-table.ts";
import { sharedTables, sharedTablesNote } from "../../support/shared-tables.ts";
import { temporaryFolder } from "../temporary.ts";

const folder = sharedTables ?? "";
const [missing, note] = [sharedTables === undefined, sharedTablesNote];

interface Published {
  readonly file: string;
  /** Lines read of a long one. */
  readonly lines?: number;
  readonly format: string;
  readonly tables: number;
  /** Of all tables. */
  readonly rows: number;
  /** What its own format loses of it. */
  readonly lost?: readonly string[];
}

const published: readonly Published[] = [
  {
    file: "help/fbnet_latency_ms.csv",
    lines: 201,
    format: "device-columns",
    tables: 27,
    rows: 5400,
  },
  { file: "help/ofa_latency_ms.csv", lines: 201, format: "device-columns", tables: 12, rows: 2400 },
  { file: "haq_bitfusion/haq_latency.csv", format: "haq", tables: 1, rows: 3392 },
  {
    file: "haq_bitfusion/qmobilenetv2_imagenet100_batch16_latency_table.npy",
    format: "haq-npy",
    tables: 1,
    rows: 3392,
  },
  { file: "ncnn/ncnn_benchmark.csv", format: "ncnn-list", tables: 263, rows: 8554 },
  {
    file: "mlperf_tiny/mlperf_tiny_results.csv",
    format: "mlperf-tiny",
    tables: 78,
    rows: 463,
    lost: ["samples of 433 rows"],
  },
  {
    file: "nsganetv2/i7-8700K_lut.yaml",
    format: "nsganetv2",
    tables: 1,
    rows: 4050,
    lost: ["the last of 16 digits of 266 numbers"],
  },
  { file: "netadapt_format/lut.pkl", format: "netadapt", tables: 1, rows: 3248 },
  {
    file: "apq_bitfusion/BitFusion_new.b1.json",
    format: "apq",
    tables: 1,
    rows: 6567,
    lost: ["the last of 16 digits of 111 numbers"],
  },
];

function beginning(bytes: Buffer, lines: number | undefined): Uint8Array {
  if (lines === undefined) return new Uint8Array(bytes);
  const text = bytes.toString("utf8").split("\n").slice(0, lines).join("\n");
  return new TextEncoder().encode(text);
}

test.skipIf(missing).each(published)(
  `$file is read, written and read again by its own format${note}`,
  async ({ file, lines, format: id, tables, rows, lost = [] }) => {
    const source = { name: file, bytes: beginning(readFileSync(join(folder, file)), lines) };
    const format = formatOf(source);
    const read = await format.read(source);
    const written = format.write(read).content;
    const again = await format.read({ name: "again", bytes: Buffer.from(written) });

    expect(format.id).toBe(id);
    expect([read.length, read.reduce((sum, table) => sum + table.rows.length, 0)]).toEqual([
      tables,
      rows,
    ]);
    expect(lossesOf(read, again)).toEqual(lost);
  },
);

test.skipIf(missing)(`HAQ's array and the CSV made of it are the same rows${note}`, async () => {
  const rowsOf = async (id: string, name: string) => {
    const bytes = new Uint8Array(readFileSync(join(folder, "haq_bitfusion", name)));
    const [table] = await findFormat(id).read({ name, bytes });
    return table?.rows;
  };

  expect(await rowsOf("haq-npy", "qmobilenetv2_imagenet100_batch16_latency_table.npy")).toEqual(
    await rowsOf("haq", "haq_latency.csv"),
  );
});

test.skipIf(missing).each([
  ["tfnas/latency_cpu.pkl", 84],
  ["tfnas/latency_gpu.pkl", 88],
])(
  `%s: %d extrapolated rows below zero are left out, and the file refused under --strict${note}`,
  async (file, negative) => {
    const path = join(temporaryFolder(), "energy.db");
    const table = openTable(path, { mode: "write", create: true });
    const request = {
      ...{ path: join(folder, file), device: "d" },
      ...{ importedAt: "2026-01-01T00:00:00Z", toolVersion: "0" },
    };

    await expect(importTable(table, { ...request, strict: true })).rejects.toThrow(
      /cost nothing or less/,
    );
    expect(table.foreignTables()).toEqual([]);
    const [imported] = await importTable(table, request);
    expect(imported?.refused).toBe(negative);
    expect(table.foreignTables()[0]?.rows.every(({ latency_s = 0 }) => latency_s > 0)).toBe(true);
    table.close();
    rmSync(path);
  },
);
