import { expect, test } from "vitest";
import { UserError } from "../../../src/errors.ts";
import { cellNetwork, type NodeOperation } from "../../../src/network/cells/convolutional-cell.ts";
import type { Edge } from "../../../src/network/cells/wiring.ts";

const made = (edges: readonly Edge[], operations: readonly NodeOperation[], nodes = 4) =>
  cellNetwork(
    { wiring: { nodes, edges }, operations },
    {
      name: "wrong",
      input: { height: 8, width: 8, channels: 1 },
      stem: { width: 4, stride: 1 },
      stages: [{ cells: 1, filters: 4, pool: 1 }],
      classes: 4,
      residual: true,
      activation: "relu",
    },
  );
const three = ["conv1x1", "separable3x3", "conv1x1"] as const;

test.each<[string, readonly Edge[], readonly NodeOperation[], number, string, string]>([
  [
    "disconnects",
    [
      [0, 1],
      [2, 3],
    ],
    three,
    4,
    "reads node 2 in 2->3, to which no path leads",
    "Add an edge into node 2",
  ],
  ["has no edge", [], three, 4, "has no edge", "computes nothing"],
  [
    "runs backwards",
    [
      [0, 1],
      [3, 1],
    ],
    three,
    4,
    "has the edge 3->1",
    "to a later one",
  ],
  ["names a node it has not", [[0, 4]], three, 4, "has the edge 0->4", "0 to 3"],
  [
    "has an edge twice",
    [
      [0, 1],
      [0, 1],
    ],
    three,
    4,
    "has the edge 0->1 twice",
    "Leave one",
  ],
  ["lacks an operation", [[0, 1]], ["conv1x1"], 4, "has 1 operations for 4 nodes", "one operation"],
  ["is its input alone", [], [], 1, "has 1 nodes", "at least one node more"],
])("a cell that %s is refused in one sentence", (_, edges, operations, nodes, said, hint) => {
  const make = () => made(edges, operations, nodes);

  expect(make).toThrow(UserError);
  expect(make).toThrow(`The cell ${said}`);
  expect(make).toThrow(expect.objectContaining({ hint: expect.stringContaining(hint) }));
});
