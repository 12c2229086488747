import { execFileSync, spawnSync } from "node:child_process";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { databasePage } from "../../docs/database.ts";
import { writeFormulaTable } from "../support/formula-table.ts";
import { temporaryFolder } from "./temporary.ts";

// Kernels cost 1 us and 1 ns per multiply-accumulate there.
const path = writeFormulaTable(temporaryFolder());
const rowsOf = (sql: string): readonly Record<string, number>[] => {
  const plain = new Database(path, { readonly: true });
  try {
    return plain.prepare(sql).all() as Record<string, number>[];
  } finally {
    plain.close();
  }
};

test("v_kernel has one row for every kernel, however often it was measured", () => {
  const rows = rowsOf("select * from v_kernel where op = 'conv2d' and in_height = 8");

  expect(rows.map(({ out_channels }) => out_channels).sort((a = 0, b = 0) => a - b)).toEqual([
    2, 4, 8, 12, 16,
  ]);
  for (const { latency_s, out_channels = 0, rows: seen } of rows) {
    expect(latency_s).toBeCloseTo(1e-6 + 1e-9 * 16 * 9 * out_channels, 12);
    expect(seen).toBe(5);
  }
});

test("v_marginal says what a channel up to the next width costs, input width unchanged", () => {
  const rows = rowsOf("select * from v_marginal where op = 'conv2d' and in_height = 4");

  // Five input widths, four steps each.
  expect(rows).toHaveLength(20);
  for (const row of rows) {
    expect(row.next_out_channels).toBeGreaterThan(row.out_channels ?? 0);
    expect(row.latency_per_channel_s).toBeCloseTo(1e-9 * 4 * 9 * (row.in_channels ?? 0), 15);
  }
});

const block = (language: string): string => {
  const [, text] = new RegExp(`\`\`\`${language}\\n([^\`]+)\`\`\``).exec(databasePage()) ?? [];
  if (!text) throw new Error(`docs/database.md has no example in ${language}`);
  return text;
};

test.each(block("sql").trim().split(/;\s*/).filter(Boolean))(
  "the page's query runs: %s",
  (query) => {
    // Nothing is flagged here, and every channel costs something.
    const isEmpty = /flag|<= 0/.test(query);

    expect(rowsOf(query).length > 0).toBe(!isEmpty);
  },
);

const python = spawnSync("python3", ["-c", "import sqlite3"]).status === 0;

test("the page's Python example runs on a table", ({ skip }) => {
  if (!python) skip("python3 with sqlite3 is missing");

  const printed = execFileSync("python3", ["-c", block("python")], {
    cwd: dirname(path),
    encoding: "utf8",
  });

  const lines = printed.trim().split("\n");
  expect(lines).toHaveLength(1 + 10 + 10 + 1);
  expect(lines[0]).toMatch(/^local, ort-cpu, 1 threads: \d+ kernels$/);
  expect(printed).toMatch(/^conv2d 16 -> 16: 1\.02e-05 s, measured$/m);
  expect(printed).toMatch(/^conv2d \d+ -> \d+: \S+ s a channel$/m);
  expect(lines.at(-1)).toMatch(/^load 1: 2 batches, the fastest 0\.001 s$/);
});

const r = spawnSync("Rscript", ["-e", "library(RSQLite)"]).status === 0;

test("the page's R example runs on a table", ({ skip }) => {
  if (!r) skip("R with RSQLite is missing");

  const printed = execFileSync("Rscript", ["-e", block("r")], {
    cwd: dirname(path),
    encoding: "utf8",
  });

  expect(printed).toMatch(/conv2d/);
});
