import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StoredForeignTable } from "../../energy-db/foreign.ts";
import { importedCostTable } from "../../energy-db/foreign-costs/imported-table.ts";
import type { ForeignRow } from "../../energy-db/formats/foreign-table.ts";
import {
  type EnergyTable,
  guessedCosts,
  loadCosts,
  measuredTables,
  openTable,
} from "../../energy-db/index.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import { withWidths } from "../../src/network/network.ts";
import { cli } from "../support/cli.ts";
import { smallNetwork, writeFormulaTable } from "../support/formula-table.ts";
import { temporaryFolder } from "./temporary.ts";

const source = {
  ...{ name: "t.csv", sha256: "0", format: "csv" },
  ...{ importedAt: "2026-01-01T00:00:00Z", toolVersion: "0" },
};
const tableOf = (rows: readonly ForeignRow[]): StoredForeignTable => ({
  ...{ id: 1, device: "phone", dialect: "any", units: { latency: "s" }, details: {} },
  ...{ source, rows },
});

const small = (first: number, second: number) =>
  withWidths(
    smallNetwork(2, 2),
    new Map([
      ["conv1", first],
      ["conv2", second],
    ]),
  );

describe("a measured table that was published and imported elsewhere", () => {
  let measured: ReturnType<typeof loadCosts>;
  let imported: ReturnType<typeof importedCostTable>;
  let table: EnergyTable;
  beforeAll(() => {
    const db = writeFormulaTable(temporaryFolder(), { assumePower_w: 3 });
    table = openTable(db, { mode: "read" });
    measured = loadCosts(table, table.findPlatform({}).id);
    const [own] = measuredTables(table);
    imported = importedCostTable({ ...tableOf(own?.rows ?? []), device: "copy" });
  });

  afterAll(() => table.close());

  test("adds networks up to what the measured one does, less the call", () => {
    fc.assert(
      fc.property(fc.constantFrom(2, 4, 8, 12, 16), fc.constantFrom(2, 8, 16), (a, b) => {
        const network = small(a, b);
        const [own, copy] = [measured.networkCost(network), imported.networkCost(network)];

        const call = measured.overhead;
        expect(copy.latency_s).toBeCloseTo(own.latency_s - call.latency_s, 12);
        expect(copy.energy_j).toBeCloseTo((own.energy_j ?? 0) - (call.energy_j ?? 0), 12);
        expect(copy.energyProvenance).toBe("imported");
        expect(copy.latency_low_s).toBeLessThanOrEqual(copy.latency_s);
        expect(copy.latency_high_s).toBeGreaterThanOrEqual(copy.latency_s);
        expect(copy.layers.map(({ cost }) => cost.provenance)).toEqual(
          copy.layers.map(() => "imported"),
        );
      }),
    );
  });

  test("answers between its widths, says more neurons' cost, and refuses what it lacks", () => {
    expect(imported.networkCost(small(3, 8)).layers[0]?.cost.provenance).toBe("interpolated");
    const marginal = imported.networkMarginal(small(4, 8), { layer: "conv1", by: 4 });
    expect(marginal.latency_s).toBeGreaterThan(0);
    expect(() => imported.networkCost(small(64, 8))).toThrow(/No cost on copy/);
    expect(imported.kernels({ op: "conv2d" }).length).toBe(
      measured.kernels({ op: "conv2d" }).length,
    );
  });

  test("predicts layers that it lacks where that is asked for, and says so", () => {
    const cost = guessedCosts([imported]).networkCost(small(64, 8));

    expect(cost.layers[0]?.cost.provenance).toBe("predicted");
    expect(cost.layers[2]?.cost.provenance).toBe("imported");
  });
});

const conv = (out: number, latency_s: number, shape: ForeignRow["shape"] = {}): ForeignRow => ({
  ...{ key: `${out} ${JSON.stringify(shape)}`, op: "conv2d", inChannels: 16, outChannels: out },
  ...{ shape: { height: 7, width: 7, kernel: 1, stride: 1, ...shape }, latency_s },
});
const asked: Kernel = {
  op: "conv2d",
  ...{ batch: 1, inHeight: 7, inWidth: 7, inChannels: 16, outChannels: 40 },
  ...{ kernelSize: 1, stride: 1, groups: 1 },
  padding: "valid",
  variant: "relu",
  dtype: "float32",
};

test("a step of 32 in imported rows is the block of their family, and what widths on it cost", () => {
  const rows = Array.from({ length: 24 }, (_, i) => conv(8 * (i + 1), Math.ceil((i + 1) / 4)));
  const costs = importedCostTable(tableOf(rows));

  expect(costs.block).toBe(32);
  expect(costs.stairs()).toMatchObject([{ axis: "out", step: 32, confidence: 1 }]);
  expect(costs.cost(asked)).toMatchObject({ latency_s: 2, provenance: "imported" });
  expect(costs.marginal(asked, { grow: "out", by: 24 })).toMatchObject({
    ...{ latency_s: 0, latency_low_s: 0, latency_high_s: 0, freeUntil: 64 },
  });
});

test("paddings and activations that the source does not state are all answered, stated ones alone otherwise", () => {
  const unstated = importedCostTable(tableOf([conv(40, 1)]));
  const stated = importedCostTable(tableOf([conv(40, 1, { padding: "same", variant: "relu" })]));

  expect(unstated.cost(asked).latency_s).toBe(1);
  expect(stated.tryCost(asked)).toBeUndefined();
  expect(stated.cost({ ...asked, padding: "same" }).latency_s).toBe(1);
});

test("a row that nothing judges is known within a factor of two, one with runs by their spread", () => {
  const alone = importedCostTable(tableOf([conv(40, 1)])).cost(asked);
  const runs = importedCostTable(tableOf([{ ...conv(40, 1), latency_sd_s: 0.1, samples: 4 }]));

  expect(alone).toMatchObject({ latency_low_s: 0.5, latency_high_s: 2 });
  expect(runs.cost(asked).latency_high_s).toBeCloseTo(1 + 1.96 * 0.05, 12);
});

test("rows of one kernel that differ in bits have to be told apart, and blocks are no kernels", () => {
  const rows = [conv(40, 1, { weightBits: 4 }), conv(40, 2, { weightBits: 8 })];

  expect(() => importedCostTable(tableOf(rows))).toThrow(/weightBits=4 and .*weightBits=8/);
  const costs = importedCostTable(tableOf(rows), { weightBits: 8 });
  expect(costs.cost(asked).latency_s).toBe(2);
  const block = { ...conv(40, 1), op: "mbconv", midChannels: 96 };
  expect(() => importedCostTable(tableOf([block]))).toThrow(/No row of .* is a layer/);
});

test("a table exported on one machine answers networks, platforms and models on another", async () => {
  const folder = temporaryFolder();
  const db = writeFormulaTable(folder);
  const [file, other] = [join(folder, "published.json"), join(folder, "other.db")];
  await cli(["table", "export", "--db", db, "-o", file]);
  await cli(["table", "import", file, "--db", other]);

  const network = await cli(["query", "network", "mnist-cnn", "--db", other]);
  expect(network).toMatchObject({ code: 1, stderr: expect.stringContaining("No cost on local") });
  const guessed = await cli(["query", "network", "mnist-cnn", "--db", other, "--predict"]);
  expect(guessed.stdout).toMatch(/^mnist-cnn: .*predicted/m);
  const platforms = await cli(["query", "platforms", "--db", other]);
  expect(platforms.stdout).toMatch(/^local +json +answers for measured kernels/m);
});
