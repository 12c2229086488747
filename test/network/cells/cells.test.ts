import fc from "fast-check";
import { expect, test } from "vitest";
import {
  alternatingOperations,
  type CellStack,
  cellNetwork,
  nodeOperations,
} from "../../../src/network/cells/convolutional-cell.ts";
import { cellsOf, smallestCells } from "../../../src/network/cells/read-cells.ts";
import { completeWiring, reachableNodes, withoutEdge } from "../../../src/network/cells/wiring.ts";
import { type Network, placeLayers } from "../../../src/network/network.ts";
import { formatNetwork, parseNetwork } from "../../../src/network/network-file.ts";
import { presets } from "../../../src/network/presets.ts";
import { searchStart } from "../../../src/network/search-start.ts";
import { seededRandom } from "../../../src/random.ts";

const stack: CellStack = {
  name: "cells",
  input: { height: 9, width: 7, channels: 2 },
  stem: { width: 4, stride: 2 },
  stages: [
    { cells: 2, filters: 3, pool: 1 },
    { cells: 1, filters: 5, pool: 2 },
  ],
  headWidth: 12,
  classes: 6,
  residual: true,
  activation: "swish",
};

/** Cells of any wiring that is left when edges are removed by chance. */
const anyCell = fc
  .record({
    nodes: fc.integer({ min: 2, max: 6 }),
    removals: fc.integer({ min: 0, max: 14 }),
    seed: fc.nat(),
    residual: fc.boolean(),
  })
  .map(({ nodes, removals, seed, residual }) => {
    const random = seededRandom(seed);
    let wiring = completeWiring(nodes);
    for (let i = 0; i < removals; i++) {
      const edge = wiring.edges[random.below(wiring.edges.length)];
      const smaller = edge && withoutEdge(wiring, edge);
      if (smaller && smaller.edges.length > 0) wiring = smaller;
    }
    const operations = Array.from(
      { length: nodes - 1 },
      () => nodeOperations[random.below(2)] ?? "conv1x1",
    );
    return { cell: { wiring, operations }, residual };
  });

test("a network of cells is taken apart into what made it, also after it was written and read", () => {
  fc.assert(
    fc.property(anyCell, ({ cell, residual }) => {
      const network = cellNetwork(cell, { ...stack, residual });

      const found = cellsOf(parseNetwork(formatNetwork(network), "network.json"));

      const reached = reachableNodes(cell.wiring);
      expect(found?.stack).toEqual({ ...stack, residual });
      expect([...(found?.cell.wiring.edges ?? [])].sort()).toEqual([...cell.wiring.edges].sort());
      for (const [i, operation] of (found?.cell.operations ?? []).entries())
        if (reached.has(i + 1)) expect(operation).toBe(cell.operations[i]);
    }),
  );
});

test("a network that is not quite one of cells has none", () => {
  const network = presets["shrink-cnn"].build({});
  const changed = (name: string): Network => ({
    ...network,
    layers: network.layers.map((layer) =>
      layer.name === name && layer.kind === "conv2d" ? { ...layer, activation: "tanh" } : layer,
    ),
  });

  expect(cellsOf(network)).toBeDefined();
  expect(cellsOf(changed("stage3-cell1-node4"))).toBeUndefined();
  expect(cellsOf(changed("stage1-cell1-node1"))).toBeUndefined();
  for (const name of ["mnist-cnn", "resnet-cifar", "mobilenet-v2-cifar"] as const)
    expect(cellsOf(presets[name].build({}))).toBeUndefined();
});

test("sinks are concatenated, and are linear where the input is added", () => {
  const wiring = {
    nodes: 4,
    edges: [
      [0, 1],
      [0, 2],
      [1, 3],
    ],
  } as const;
  const network = cellNetwork(
    { wiring, operations: alternatingOperations(4) },
    { ...stack, stages: [{ cells: 1, filters: 4, pool: 2 }] },
  );

  const placed = new Map(placeLayers(network).map((one) => [one.layer.name, one]));
  expect(placed.get("stage1-cell1-sinks")?.inputs).toEqual([
    "stage1-cell1-node2",
    "stage1-cell1-node3",
  ]);
  expect(placed.get("stage1-cell1-sum")?.out).toEqual({ height: 3, width: 2, channels: 8 });
  expect(placed.get("stage1-cell1-node3")?.layer).toMatchObject({ activation: "linear" });
  expect(placed.get("stage1-cell1-node1")?.layer).toMatchObject({ activation: "swish" });
});

test("a search over cells starts from cells of one edge below the complete ones", () => {
  const { network, reference, cells } = searchStart("shrink-cnn");

  expect(cells?.cell.wiring).toEqual(completeWiring(5));
  expect(reference).toEqual(presets["shrink-cnn"].build({}));
  expect(network).toEqual(smallestCells(cells?.stack ?? stack));
});

test("a wiring that no path leads into is refused in one sentence", () => {
  const cut = {
    wiring: { nodes: 3, edges: [[1, 2]] } as const,
    operations: alternatingOperations(3),
  };

  expect(() => cellNetwork(cut, stack)).toThrow(/reads node 1 in 1->2, to which no path leads/);
});
