import type { RecurrentCell } from "./recurrent-cell.ts";
import { completeWiring, describeEdge } from "./wiring.ts";

const missing: ReadonlySet<string> = new Set(["1->2", "2->3", "4->5"]);
const { nodes, edges } = completeWiring(6);

/** ShrinkRNN: the cell that AutoShrink's release gives for the Penn Treebank (arXiv 1911.09251), 12 of 15 edges, there with 745 hidden units. */
export const shrinkRnn: RecurrentCell = {
  wiring: { nodes, edges: edges.filter((edge) => !missing.has(describeEdge(edge))) },
  activations: ["identity", "sigmoid", "sigmoid", "tanh", "identity"],
};
