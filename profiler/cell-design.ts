import { cellNetwork, drawOperations } from "../src/network/cells/convolutional-cell.ts";
import { type CellsOfNetwork, smallestCells } from "../src/network/cells/read-cells.ts";
import {
  completeWiring,
  type Edge,
  randomWiring,
  type Wiring,
} from "../src/network/cells/wiring.ts";
import type { Network } from "../src/network/network.ts";
import type { Random } from "../src/random.ts";

/** Nodes of all stages: about how many costs are unknown. */
export const placesIn = ({ cell, stack }: CellsOfNetwork): number =>
  cell.wiring.nodes * stack.stages.length;

/** Draws in vain at one place of a design before it is left empty, as in small spaces. */
const triesPerNetwork = 20;

/**
 * Networks of cells wired by chance, in lots of these sizes, none twice. The first lot begins with the ends of what occurs: cells
 * completely wired and cells in which every node reads the input, each under operations drawn anew, and cells of one edge.
 */
export function cellDesign(
  { cell, stack }: CellsOfNetwork,
  [first, second]: readonly [number, number],
  random: Random,
): readonly [readonly Network[], readonly Network[]] {
  const { nodes } = cell.wiring;
  const complete = completeWiring(nodes);
  const built = (wiring: Wiring): Network =>
    cellNetwork({ wiring, operations: drawOperations(nodes, random) }, stack);
  const ends = [
    smallestCells(stack),
    ...Array.from({ length: nodes }, () => [complete, fan(nodes)])
      .flat()
      .map(built),
  ];
  const networks = new Map<string, Network>();
  const add = (network: Network) => networks.set(JSON.stringify(network.layers), network);
  for (const network of ends) add(network);
  const count = first + second;
  for (let tries = 0; networks.size < count && tries < triesPerNetwork * count; tries++)
    add(built(randomWiring(complete, random)));
  const all = [...networks.values()];
  return [all.slice(0, first), all.slice(first, count)];
}

/** Every node reads the input and is part of the output. */
const fan = (nodes: number): Wiring => ({
  nodes,
  edges: Array.from({ length: nodes - 1 }, (_, i): Edge => [0, i + 1]),
});
