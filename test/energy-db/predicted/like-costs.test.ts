import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EnergyTable, loadCosts, loadLikeCosts, openTable } from "../../../energy-db/index.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import { formatNetwork } from "../../../src/network/network-file.ts";
import { cli } from "../../support/cli.ts";
import { smallNetwork } from "../../support/formula-table.ts";
import { costOn, writePlatformsTable } from "../../support/platforms-table.ts";
import { temporaryFolder } from "../temporary.ts";

let db: string;
let table: EnergyTable;
beforeAll(() => {
  db = writePlatformsTable(temporaryFolder());
  table = openTable(db, { mode: "read" });
});
afterAll(() => table.close());

const newPlatform = () => table.findPlatform({ device: "new" }).id;
/** Between widths that the known devices measured; beyond what the new one did. */
const unseen = kernelsOf(smallNetwork(14, 16)).map(({ kernel }) => kernel);

test("kernels beyond those measured on a new device are predicted from the one it is like", () => {
  const costs = loadLikeCosts(table, newPlatform(), "auto");

  expect(costs.likenesses[0]?.name).toContain("by-work");
  expect(costs.likenesses[0]?.timesAsLong).toBeCloseTo(3, 0);
  expect(costs.judged?.platforms).toBe(3);
  const conv2 = unseen[1];
  if (!conv2) throw new Error("No second kernel");
  const { latency_s, latency_low_s, latency_high_s, provenance, rows } = costs.cost(conv2);
  expect(provenance).toBe("predicted");
  expect(latency_s / costOn.new(conv2)).toBeCloseTo(1, 0);
  expect(latency_low_s).toBeLessThan(costOn.new(conv2));
  expect(latency_high_s).toBeGreaterThan(costOn.new(conv2));
  expect(rows.length).toBeGreaterThan(0);
});

test("what the new device measured itself is its own answer", () => {
  const costs = loadLikeCosts(table, newPlatform(), "auto");
  const [own] = kernelsOf(smallNetwork(8, 12));

  expect(own && costs.cost(own.kernel).provenance).toBe("interpolated");
});

test("likeness to one device named is judged by the probes alone", () => {
  const costs = loadLikeCosts(table, newPlatform(), "by-work");

  expect(costs.likenesses.map(({ share }) => share)).toEqual([1]);
  expect(costs.judged).toBeUndefined();
});

test("a device that is not in the table, and a kernel that nobody knows, are refused with what there is", () => {
  expect(() => loadLikeCosts(table, newPlatform(), "pixel-9")).toThrow(
    'no costs of a device "pixel-9"',
  );
  const costs = loadLikeCosts(table, newPlatform(), "auto");
  const wide = unseen[1];
  expect(() => wide && costs.cost({ ...wide, outChannels: 4096 })).toThrow("nor on");
});

test("a whole network of a new device is its layers by likeness, and its interval holds what it takes", () => {
  const costs = loadLikeCosts(table, newPlatform(), "auto");

  const cost = costs.networkCost(smallNetwork(14, 16));

  const truth = unseen.reduce((sum, kernel) => sum + costOn.new(kernel), costs.overhead.latency_s);
  expect(cost.provenance).toBe("predicted");
  expect(cost.latency_s / truth).toBeCloseTo(1, 0);
  expect(cost.latency_low_s).toBeLessThan(truth);
  expect(cost.latency_high_s).toBeGreaterThan(truth);
  expect(cost.layers.map(({ cost: own }) => own.provenance)).toContain("predicted");
  const half = cost.layers
    .filter(({ cost: own }) => own.provenance === "predicted")
    .reduce((sum, { cost: own }) => sum + own.latency_high_s - own.latency_s, 0);
  expect(cost.latency_high_s - cost.latency_s).toBeGreaterThanOrEqual(half);
});

test("a whole network whose kernels the new device measured is what its own table says", () => {
  const { latency_s, latency_low_s, latency_high_s } = loadCosts(table, newPlatform()).networkCost(
    smallNetwork(8, 12),
  );

  expect(
    loadLikeCosts(table, newPlatform(), "auto").networkCost(smallNetwork(8, 12)),
  ).toMatchObject({ latency_s, latency_low_s, latency_high_s });
});

test("a whole network with a kernel that nobody knows is refused by that kernel", () => {
  const costs = loadLikeCosts(table, newPlatform(), "auto");

  expect(() => costs.networkCost(smallNetwork(14, 4096))).toThrow(/4096.* nor on by-work/);
});

test("query network --like answers where query network refuses, and says of every layer what it is", async () => {
  const file = join(temporaryFolder(), "network.json");
  writeFileSync(file, formatNetwork(smallNetwork(14, 16)));
  const flags = ["query", "network", file, "--db", db, "--device", "new"];

  expect((await cli(flags)).stderr).toContain("on new");
  const { code, stdout } = await cli([...flags, "--like", "auto"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/conv2 .* predicted/);
  expect(stdout).toMatch(/like .* by-work: .* times as long/);
  const document = JSON.parse((await cli([...flags, "--like", "by-work", "--json"])).stdout);
  expect(document).toMatchObject({ provenance: "predicted", like: { platforms: [{ share: 1 }] } });
});

const asked = ["--op", "conv2d", "--in", "4x4x14", "--out", "16"];

test("query cost --like answers where query cost refuses, and says what from", async () => {
  const flags = ["query", "cost", "--db", db, "--device", "new", ...asked];

  expect((await cli(flags)).stderr).toContain("No cost on new");
  const { code, stdout } = await cli([...flags, "--like", "auto"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/latency .* predicted/);
  expect(stdout).toMatch(/like .* by-work: .* times as long/);
  expect(stdout).toContain("3 platforms predicted from the same");
  const document = JSON.parse((await cli([...flags, "--like", "by-work", "--json"])).stdout);
  expect(document).toMatchObject({ provenance: "predicted", like: { platforms: [{ share: 1 }] } });
});

test("query cost --like names the devices there are", async () => {
  const { code, stderr } = await cli([
    "query",
    "cost",
    "--db",
    db,
    "--device",
    "new",
    ...asked,
    "--like",
    "x",
  ]);

  expect(code).toBe(3);
  expect(stderr).toContain("auto, by-work, by-width, constant");
});
