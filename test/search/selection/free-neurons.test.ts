import { expect, test } from "vitest";
import { networkQuantities } from "../../../search/quantities.ts";
import { freeNeurons } from "../../../search/splitting/selection/free-neurons.ts";
import { withWidths } from "../../../src/network/network.ts";
import { steppedCosts } from "./formula-costs.ts";
import { pointwiseChain, seedNetwork } from "./networks.ts";

const costs = steppedCosts(8);
const both = ["latency_s", "energy_j"] as const;

test("every group is filled up to the end of its cost step, at no cost", () => {
  const network = pointwiseChain(16, [17, 24, 30], 10);
  const before = networkQuantities(network, costs, both);

  const free = freeNeurons({ network, costs, budget: before });

  expect([...free]).toEqual([
    ["conv1", 7],
    ["conv3", 2],
  ]);
  const filled = withWidths(
    network,
    new Map([
      ["conv1", 24],
      ["conv3", 32],
    ]),
  );
  expect(networkQuantities(filled, costs, both)).toEqual(before);
});

test("neurons already to be added count, and caps and doubling hold", () => {
  const network = pointwiseChain(16, [17, 3, 12], 10);

  const free = freeNeurons({
    network,
    costs,
    budget: { latency_s: 1 },
    caps: new Map([["conv1", 21]]),
    added: new Map([
      ["conv1", 2],
      ["conv3", 1],
    ]),
  });

  expect([...free]).toEqual([
    ["conv1", 2],
    ["conv2", 3],
    ["conv3", 3],
  ]);
});

test("where every channel costs, none is free", () => {
  const network = seedNetwork("mnist-cnn");

  expect(freeNeurons({ network, costs, budget: { macs: 1e9 } }).size).toBe(0);
});

test("residual streams stay as they are", () => {
  const network = seedNetwork("resnet-cifar", { factor: 1 });

  const free = freeNeurons({ network, costs: steppedCosts(16), budget: { latency_s: 1 } });

  expect(free.get("stage1-block1-conv1")).toBe(8);
  expect(free.has("stem")).toBe(false);
});
