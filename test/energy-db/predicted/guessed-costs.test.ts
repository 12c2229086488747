import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type EnergyTable,
  type GuessedCosts,
  guessedCosts,
  loadCosts,
  loadEveryCosts,
  openTable,
} from "../../../energy-db/index.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import { smallNetwork, writeFormulaTable } from "../../support/formula-table.ts";
import { temporaryFolder } from "../temporary.ts";

let table: EnergyTable;
let costs: GuessedCosts;
beforeAll(() => {
  table = openTable(writeFormulaTable(temporaryFolder()), { mode: "read" });
  costs = guessedCosts(loadEveryCosts(table, table.platforms()[0]?.id ?? 0));
});
afterAll(() => table.close());

const [first] = kernelsOf(smallNetwork(4, 8));
if (!first) throw new Error("The small network has no kernel");
const { kernel } = first;

test("what was measured is answered as without guesses, with the rows it comes from", () => {
  const own = loadCosts(table, table.platforms()[0]?.id ?? 0).cost(kernel);

  expect(costs.cost(kernel)).toEqual({ ...own, rows: own.rows });
  expect(own.rows.length).toBeGreaterThan(0);
});

test("what was not measured is predicted with an interval, and grows with its work", () => {
  const window = costs.cost({ ...kernel, kernelSize: 5 });
  const larger = costs.cost({ ...kernel, kernelSize: 5, inHeight: 40, inWidth: 40 });

  expect(window).toMatchObject({ provenance: "predicted", rows: [] });
  expect(window.latency_high_s).toBeGreaterThan(window.latency_s);
  expect(larger.latency_s).toBeGreaterThan(window.latency_s);
});

test("a network is the sum of its layers and the call, whether they were measured or not", () => {
  const network = smallNetwork(4, 8);
  const [conv, ...others] = network.layers;
  if (conv?.kind !== "conv2d") throw new Error("The small network begins otherwise");
  const other = { ...network, layers: [{ ...conv, kernelSize: 5 }, ...others] };

  const cost = costs.networkCost(other);

  const sum_s = cost.layers.reduce((sum, layer) => sum + layer.cost.latency_s, 0);
  expect(cost.latency_s).toBeCloseTo(sum_s + costs.overhead.latency_s, 12);
  expect(cost.layers.map((layer) => layer.cost.provenance)).toEqual([
    "predicted",
    ...others.map(() => "interpolated"),
  ]);
  expect(cost.layers.map((layer) => layer.cost.rows.length > 0)).toEqual([
    false,
    ...others.map(() => true),
  ]);
  expect(cost.latency_low_s).toBeLessThan(cost.latency_s);
});
