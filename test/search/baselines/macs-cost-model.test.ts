import { expect, test } from "vitest";
import { macsCostModel } from "../../../search/baselines/macs-cost-model.ts";
import { selectWidths } from "../../../search/selection/select-widths.ts";
import { summedCost } from "../../../search/summed-cost.ts";
import { networkMacs } from "../../../src/network/costs.ts";
import type { Network } from "../../../src/network/network.ts";
import { steppedCosts } from "../selection/formula-costs.ts";
import { pointwiseChain } from "../selection/networks.ts";

const chain = (width: number) => pointwiseChain(3, [width, 2 * width], 5);
/** 20 us and 2 ns per multiply-accumulate, 30 uJ and 5 nJ. */
const onTheLine = (network: Network) => ({
  network,
  latency_s: 20e-6 + 2e-9 * networkMacs(network),
  energy_j: 30e-6 + 5e-9 * networkMacs(network),
});

test("networks on a line of MACs give its overhead and rate, for latency and energy", () => {
  const costs = macsCostModel([4, 8, 12, 16, 40].map(chain).map(onTheLine), "a table");

  const { latency_s, energy_j } = summedCost(chain(64), costs);

  expect(costs.overhead.latency_s).toBeCloseTo(20e-6, 12);
  expect(latency_s).toBeCloseTo(onTheLine(chain(64)).latency_s, 12);
  expect(energy_j).toBeCloseTo(onTheLine(chain(64)).energy_j, 12);
  expect(costs.source).toBe("a line through the MACs of 5 networks of a table");
});

test("a disturbed measurement in five leaves the line where it was", () => {
  const measured = [4, 6, 8, 10, 12, 14, 16, 18, 20, 22].map(chain).map(onTheLine);
  const disturbed = measured.map((cost, i) =>
    i % 5 === 0 ? { ...cost, latency_s: 10 * cost.latency_s } : cost,
  );

  const { latency_s } = summedCost(chain(24), macsCostModel(disturbed, "a table"));

  expect(latency_s / onTheLine(chain(24)).latency_s).toBeCloseTo(1, 1);
});

test("no overhead falls below zero", () => {
  const steep = [8, 16, 32].map(chain).map((network) => ({
    network,
    latency_s: 1e-15 * networkMacs(network) ** 2,
  }));

  const { overhead, kernel } = macsCostModel(steep, "a table");

  expect(overhead.latency_s).toBe(0);
  expect(overhead.energy_j).toBeUndefined();
  expect(kernel).toBeDefined();
});

test("one measured network is refused: it fixes no line", () => {
  expect(() => macsCostModel([onTheLine(chain(4))], "a table")).toThrowError(
    expect.objectContaining({
      exit: "unavailable",
      message: "a table has 1 measured networks to fit costs by MACs",
    }),
  );
});

test("the table takes what a stair gives free, the line through MACs does not see it", () => {
  const table = steppedCosts(8);
  const network = pointwiseChain(16, [17, 24], 10);
  const measured = [8, 16, 24, 32].map((width) => pointwiseChain(16, [width, width], 10));
  const proxy = macsCostModel(
    measured.map((one) => ({ network: one, ...summedCost(one, table) })),
    "a table",
  );
  const options = new Map([["conv1", [{ width: 24, gain: 1 }]]]);
  const within = (costs: typeof table) => ({
    latency_s: 1.0005 * summedCost(network, costs).latency_s,
  });

  const byTable = selectWidths({ network, options, costs: table, budget: within(table) });
  const byMacs = selectWidths({ network, options, costs: proxy, budget: within(proxy) });

  expect(byTable.widths.get("conv1")).toBe(24);
  expect(byMacs.widths.size).toBe(0);
});
