import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCosts } from "../energy-db/fit/describe-costs.ts";
import { observeKernels } from "../energy-db/fit/observations.ts";
import type { ForeignRow } from "../energy-db/formats/foreign-table.ts";
import {
  type DatedKernelMeasurement,
  type EnergyTable,
  foreignCosts,
  loadCosts,
  type Method,
  openTable,
  type PlatformIdentity,
} from "../energy-db/index.ts";
import { type Kernel, kernelFamily } from "../src/network/kernel.ts";
import { seededRandom } from "../src/random.ts";
import { median } from "../src/statistics.ts";

const goals = { open_s: 0.2, answer_s: 1e-3, family_s: 1 };
const space = "formula";

/**
 * A table of many kernel rows (default 1,000,000; give another number): how long it takes to fill, to open, and to
 * answer when warm, and what that takes of memory. Families are as large as published tables': 127 x 127 pairs of widths;
 * one alone, without a stored fit, is answered too, measured and imported.
 */
export async function run([rows = "1000000", filled]: readonly string[]): Promise<void> {
  if (filled !== undefined) return report(filled);
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const path = join(folder, "energy.db");
  try {
    family(join(folder, "family.db"));
    importedFamily(join(folder, "imported.db"));
    fill(path, Number(rows));
    storeFit(path);
    // In a process of its own: filling takes memory too.
    const again = [...process.execArgv, process.argv[1] ?? "", "store", rows, path];
    execFileSync(process.execPath, again, { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fill(path: string, rows: number, method: Method = "in-context"): void {
  const table = openTable(path, { mode: "write", create: true });
  const { id } = table.ensurePlatform(identity, {});
  const session = table.startSession(id, {
    kind: "import",
    space,
    toolVersion: "0",
    protocol: 2,
    seed: 0,
    startedAt: "2026-01-01T00:00:00Z",
    settings: {},
  });
  const start = performance.now();
  for (let from = 0; from < rows; from += perTransaction)
    table.addKernelMeasurements(
      id,
      session,
      method,
      measurements(from, Math.min(rows, from + perTransaction)),
    );
  const seconds = (performance.now() - start) / 1000;
  table.close();
  console.log(
    `filled ${rows.toLocaleString("en")} rows in ${seconds.toFixed(1)} s (${Math.round(rows / seconds).toLocaleString("en")}/s), ${Math.round(statSync(path).size / 2 ** 20)} MiB`,
  );
}

const perTransaction = 50_000;

/** As after a profile: a fit, here of the first family. */
function storeFit(path: string): void {
  const table = openTable(path, { mode: "write" });
  const rows = table.kernelMeasurements(1, { family: kernelFamily(kernelOf(0)) });
  const document = describeCosts(observeKernels(rows));
  table.putCostModel(1, {
    kind: "latency",
    space,
    provenance: "measured",
    source: "formula",
    document,
  });
  table.close();
}

/** From opening a table of one imported family, scattered and with noise, to its first answer, and answers after that. */
function importedFamily(path: string): void {
  const random = seededRandom(1);
  const width = () => 8 + random.below(1000);
  const rows = Array.from({ length: widths * widths }, (_, i): ForeignRow => {
    const [inChannels, outChannels] = [width(), width()];
    const latency_s = 1e-5 + 1e-9 * inChannels * outChannels * Math.exp(0.03 * random.normal());
    return { key: String(i), op: "conv2d", shape: {}, inChannels, outChannels, latency_s };
  });
  const source = { name: "formula", sha256: "", format: "json", toolVersion: "0" };
  const writer = openTable(path, { mode: "write", create: true });
  writer.addForeignTables([{ device: "pi", dialect: "", units: {}, details: {}, rows }], {
    ...source,
    importedAt: "2026-01-01T00:00:00Z",
  });
  writer.close();
  const start = performance.now();
  const table = openTable(path, { mode: "read" });
  const [stored] = table.foreignTables("pi");
  if (!stored) throw new Error("The family is not there");
  const costs = foreignCosts(stored);
  const ask = (out: number) => costs.cost({ op: "conv2d", shape: {}, widths: { in: 61, out } });
  ask(77);
  line(
    `open an imported family of ${rows.length} scattered pairs, fit it, answer`,
    (performance.now() - start) / 1000,
    goals.family_s,
  );
  let next = 0;
  line(
    "another pair of it",
    warm(() => ask(100 + next++)),
    goals.answer_s,
  );
  table.close();
}

/** From opening a table of one family to its first answer, and answers after that. */
function family(path: string): void {
  const method = "isolated";
  fill(path, widths * widths, method);
  const start = performance.now();
  const table = openTable(path, { mode: "read" });
  const costs = loadCosts(table, 1, { method });
  costs.cost(kernelOf(4711));
  line(
    `open a family of ${widths * widths} pairs, fit it, answer`,
    (performance.now() - start) / 1000,
    goals.family_s,
  );
  let next = 0;
  line(
    "another pair of it",
    warm(() => costs.cost(kernelOf((97 * ++next) % (widths * widths)))),
    goals.answer_s,
  );
  table.close();
}

function report(path: string): void {
  const open_s = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const table = openTable(path, { mode: "read" });
    const platform = table.findPlatform({ device: identity.device });
    table.costModel(platform.id, "latency", space);
    table.close();
    return (performance.now() - start) / 1000;
  });
  line("open, find the platform, first model", median(open_s), goals.open_s);
  const table = openTable(path, { mode: "read" });
  for (const [question, ask] of questions(table)) line(question, warm(ask), goals.answer_s);
  console.log(`resident memory: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`);
  const family = kernelFamily(kernelOf(0));
  const all = table.kernelMeasurements(1, { family }).length;
  line(
    `all ${all} rows of one family`,
    warm(() => table.kernelMeasurements(1, { family }), 5),
  );
  line(
    "all families",
    warm(() => table.kernelFamilies(1), 5),
  );
  table.close();
}

function questions(table: EnergyTable): readonly (readonly [string, () => unknown])[] {
  const costs = loadCosts(table, 1);
  let next = 0;
  const query = () => {
    const kernel = kernelOf((97 * ++next) % (widths * widths));
    return [costs.cost(kernel), costs.measured(kernel)];
  };
  return [
    ["a cost query: smoothed, and as measured", query],
    ["the cost model of a space", () => table.costModel(1, "latency", space)],
    ["the platforms and their counts", () => table.platforms()],
    ["the rows of one kernel", () => table.kernelMeasurements(1, { kernel: kernelOf(4711) })],
    ["a kernel that is not there", () => table.kernelMeasurements(1, { kernel: kernelOf(-1) })],
  ];
}

/** Median time of one call after the first, s. */
function warm(ask: () => unknown, calls = 200): number {
  ask();
  return median(
    Array.from({ length: calls }, () => {
      const start = performance.now();
      ask();
      return (performance.now() - start) / 1000;
    }),
  );
}

function line(question: string, seconds: number, goal?: number): void {
  const verdict =
    goal === undefined ? "" : `, goal ${goal * 1000} ms: ${seconds < goal ? "met" : "missed"}`;
  console.log(`${question}: ${(seconds * 1000).toFixed(3)} ms${verdict}`);
}

const identity: PlatformIdentity = {
  device: "formula",
  processor: "none",
  fingerprint: "unknown",
  os: "none",
  runtime: "none",
  runtimeVersion: "0",
  runtimeBuild: "unknown",
  precision: "float32",
  threads: 1,
  powerMode: "unknown",
};

const widths = 127;

/** Kernel number i: pairs of widths, one family after the other. */
function kernelOf(i: number): Kernel {
  const pair = i % (widths * widths);
  const family = Math.floor(i / (widths * widths));
  return {
    op: "conv2d",
    batch: 1,
    inHeight: 1 + family,
    inWidth: 1 + family,
    inChannels: 8 * (1 + (pair % widths)),
    outChannels: 8 * (1 + Math.floor(pair / widths)),
    kernelSize: 3,
    stride: 1,
    groups: 1,
    padding: "same",
    variant: "relu",
    dtype: "float32",
  };
}

function* measurements(from: number, to: number): Generator<DatedKernelMeasurement> {
  for (let i = from; i < to; i++) {
    const latency_s = 1e-6 + 1e-9 * i;
    yield {
      layer: "conv",
      kernel: kernelOf(i),
      provenance: "imported",
      latency: { latency_s, low_s: 0.99 * latency_s, high_s: 1.01 * latency_s },
      samples: 4,
      flags: [],
      samples_s: Float64Array.of(latency_s, latency_s, latency_s, latency_s),
      measuredAt: "2026-01-01T00:00:00Z",
    };
  }
}
