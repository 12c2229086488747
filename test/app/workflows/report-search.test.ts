import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { openTable, storeEnergyModel } from "../../../energy-db/index.ts";
import { searchReport, shortNames } from "../../../src/app/workflows/report-search.ts";
import { renderReport } from "../../../src/figures/index.ts";
import { temporaryFolder } from "../../energy-db/temporary.ts";
import { cli } from "../../support/cli.ts";
import { writeFormulaTable } from "../../support/formula-table.ts";
import { writeFoundSearch, writeVerified } from "../../support/found-search.ts";

let root: string;
let db: string;
let assumedDb: string;
beforeAll(() => {
  root = temporaryFolder();
  db = writeFormulaTable(root);
  assumedDb = writeFormulaTable(temporaryFolder());
  const table = openTable(assumedDb, { mode: "write" });
  storeEnergyModel(table, table.platforms()[0]?.id ?? 0, "small", {
    power_w: 10,
    powerByOp_w: {},
    relativeHalfWidth: 0,
    provenance: "modelled",
    source: "assumed",
  });
  table.close();
});

function reportOf(folder: string, path = db) {
  const table = openTable(path, { mode: "read" });
  try {
    return searchReport(folder, table);
  } finally {
    table.close();
  }
}

test("every network trained is a candidate, by what its weights came from, and one is the delivered", () => {
  const folder = join(root, "plain");
  writeFoundSearch(folder, db);

  const { search } = reportOf(folder);

  expect(
    search?.candidates.map(({ label, origin, isDelivered }) => [label, origin, isDelivered]),
  ).toEqual([
    ["start", "scratch", false],
    ["knapsack", "grown", false],
    ["uniform", "grown", false],
    ["from scratch", "scratch", true],
  ]);
});

test("where a meter read idle power, verified costs are gross and net", () => {
  const folder = join(root, "net");
  writeFoundSearch(folder, db);
  const joules = (energy_j: number) => ({ energy_j, low_j: energy_j, high_j: energy_j });
  const energy = {
    ...joules(5e-4),
    net: joules(3e-4),
    provenance: "measured",
    meter: "rapl",
  } as const;
  writeVerified(folder, db, energy);

  const verified = reportOf(folder).delivered?.verified;

  expect(verified?.energy_j).toMatchObject({ value: 5e-4, provenance: "measured" });
  expect(verified?.netEnergy_j).toMatchObject({ value: 3e-4, provenance: "measured" });
});

test("before verification layers and budgets show what the table predicts, and say so", () => {
  const folder = join(root, "unverified");
  writeFoundSearch(folder, db);

  const report = reportOf(folder);

  expect(report.delivered?.verified).toBeUndefined();
  expect(report.layers?.rows.map(({ layer }) => layer)).toEqual([
    "conv1",
    "conv2",
    "pool",
    "logits",
  ]);
  expect(report.layers?.rows.every(({ verified }) => verified === undefined)).toBe(true);
  expect(renderReport(report)).toContain("predicted to be within the budget");
});

test("a time below the profiler's resolution is no layer's time", () => {
  const folder = join(root, "verified");
  writeFoundSearch(folder, db);
  writeVerified(folder, db);

  const { layers } = reportOf(folder);
  const verified = new Map(layers?.rows.map((row) => [row.layer, row.verified]));

  expect(verified.get("conv1")?.latency_s.value).toBe(2.2e-6);
  expect(verified.get("pool")).toBeUndefined();
});

test("the energy budget is judged by the energy verified, not by the prediction that kept it", () => {
  const folder = join(root, "energy");
  const predicted_j = 10 * predictedLatency();
  const budget = { energy_j: 1.05 * predicted_j };
  writeFoundSearch(folder, assumedDb, { budget });
  const energy_j = 1.1 * predicted_j;
  writeVerified(folder, assumedDb, {
    energy_j,
    low_j: energy_j,
    high_j: energy_j,
    provenance: "modelled",
    meter: "assumed",
    power_w: 10,
  });

  const report = reportOf(folder, assumedDb);

  expect(report.delivered?.predicted?.energy_j?.value).toBeCloseTo(predicted_j, 12);
  expect(report.delivered?.verified?.energy_j?.value).toBe(energy_j);
  expect(renderReport(report)).toContain("✗ over the budget");
});

function predictedLatency(): number {
  const folder = join(root, "latency");
  writeFoundSearch(folder, assumedDb);
  return reportOf(folder, assumedDb).delivered?.predicted?.latency_s.value ?? Number.NaN;
}

test("several folders make one page that compares methods and counts their training", async () => {
  const [one, other] = [join(root, "one"), join(root, "other")];
  writeFoundSearch(one, db, { testAccuracy: 0.91 });
  writeFoundSearch(other, db, { method: "netadapt", testAccuracy: 0.88 });

  const { code, stdout } = await cli(["report", one, other, "-o", "-"]);

  expect(code).toBe(0);
  expect(stdout).toContain("<td>splitting</td>");
  expect(stdout).toContain("<td>netadapt</td>");
  expect(stdout).toContain("91.00 %");
  expect(stdout).toContain("not verified");
  expect(stdout).not.toContain("only like ones");
  expect(stdout).not.toMatch(/NaN|undefined/);
});

test("searches on other data stand in another group, and it is said why", async () => {
  const [one, other] = [join(root, "synthetic"), join(root, "mnist")];
  writeFoundSearch(one, db);
  writeFoundSearch(other, db, { data: "mnist" });

  const { stdout } = await cli(["report", one, other, "-o", "-"]);

  expect(stdout).toContain("small on synthetic");
  expect(stdout).toContain("small on mnist");
  expect(stdout).toContain("only like ones are held against each other");
});

test("folders of one name are told apart by their paths", () => {
  expect(shortNames(["a/found", "b/found", "c/other/"])).toEqual(["a/found", "b/found", "other"]);
});
