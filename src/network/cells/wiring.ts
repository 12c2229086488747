import { UserError } from "../../errors.ts";
import { type Random, shuffled } from "../../random.ts";

/** From node to node; the first is the tail, the smaller of the two. */
export type Edge = readonly [tail: number, head: number];

/** The wiring of a cell: an acyclic graph of nodes 0 (the cell's input) to `nodes - 1`. */
export interface Wiring {
  readonly nodes: number;
  readonly edges: readonly Edge[];
}

/** Every edge that `nodes` nodes can have, N (N - 1) / 2 of them: where shrinking begins. */
export function completeWiring(nodes: number): Wiring {
  const edges = Array.from({ length: nodes }, (_, tail) =>
    Array.from({ length: nodes - tail - 1 }, (_, i): Edge => [tail, tail + 1 + i]),
  );
  return { nodes, edges: edges.flat() };
}

export const describeEdge = ([tail, head]: Edge): string => `${tail}->${head}`;

/** What `describeEdge` wrote. Throws a UserError on anything else. */
export function parseEdge(text: string): Edge {
  const [, tail, head] = /^(\d+)->(\d+)$/.exec(text) ?? [];
  if (tail !== undefined && head !== undefined) return [Number(tail), Number(head)];
  throw new UserError(`"${text}" is no edge`, { hint: 'Write edges as "0->1".', exit: "usage" });
}

/** Nodes with a path from the cell's input, which is one of them. */
export function reachableNodes({ nodes, edges }: Wiring): ReadonlySet<number> {
  const reached = new Set([0]);
  // Tails stand before heads, so that one pass in order of heads sees every tail decided.
  for (let node = 1; node < nodes; node++)
    if (edges.some(([tail, head]) => head === node && reached.has(tail))) reached.add(node);
  return reached;
}

/** The nodes read by a node, in order. */
export const tailsOf = ({ edges }: Wiring, node: number): readonly number[] =>
  edges
    .filter(([, head]) => head === node)
    .map(([tail]) => tail)
    .sort((a, b) => a - b);

/** Reachable nodes that no other reads: the cell's output. Node 0 itself where no edge is left. */
export function sinksOf(wiring: Wiring): readonly number[] {
  const tails = new Set(wiring.edges.map(([tail]) => tail));
  return [...reachableNodes(wiring)].filter((node) => !tails.has(node));
}

/**
 * The wiring without an edge, and without those whose tail is then cut off from the input (AutoShrink, arXiv 1911.09251, as its
 * release does). Throws an Error where the edge is not there.
 */
export function withoutEdge({ nodes, edges }: Wiring, edge: Edge): Wiring {
  const rest = edges.filter(([tail, head]) => tail !== edge[0] || head !== edge[1]);
  if (rest.length === edges.length) throw new Error(`No edge ${describeEdge(edge)} to remove`);
  const reached = reachableNodes({ nodes, edges: rest });
  return { nodes, edges: rest.filter(([tail]) => reached.has(tail)) };
}

/** A wiring with one edge less, and those that this cuts off. */
export interface Removal {
  readonly edge: Edge;
  readonly wiring: Wiring;
}

/** What the absence of each edge leaves, in an order drawn by chance; none that leaves nothing. */
export const removalsOf = (wiring: Wiring, random: Random): readonly Removal[] =>
  shuffled(wiring.edges, random)
    .map((edge) => ({ edge, wiring: withoutEdge(wiring, edge) }))
    .filter(({ wiring: left }) => left.edges.length > 0);

/** The wiring without so many edges as chance says, each drawn by chance: every number of edges left is as likely. */
export function randomWiring(complete: Wiring, random: Random): Wiring {
  const left = 1 + random.below(complete.edges.length);
  let wiring = complete;
  while (wiring.edges.length > left) {
    const [removal] = removalsOf(wiring, random);
    if (!removal) break;
    wiring = removal.wiring;
  }
  return wiring;
}

/**
 * Throws a UserError on what is no cell: backward, foreign or repeated edges, none at all, edges cut off from the input, or not
 * one operation for every node but the input.
 */
export function requireCell(wiring: Wiring, operations: readonly unknown[]): void {
  const fault = faultOf(wiring, operations.length);
  if (fault) throw new UserError(`The cell ${fault.problem}`, { hint: fault.hint, exit: "usage" });
}

interface Fault {
  readonly problem: string;
  readonly hint: string;
}

function faultOf(wiring: Wiring, operations: number): Fault | undefined {
  const { nodes, edges } = wiring;
  if (!Number.isInteger(nodes) || nodes < 2)
    return {
      problem: `has ${nodes} nodes`,
      hint: "A cell has its input, node 0, and at least one node more.",
    };
  if (operations !== nodes - 1)
    return {
      problem: `has ${operations} operations for ${nodes} nodes, expected ${nodes - 1}`,
      hint: "Give every node but node 0, the input, one operation.",
    };
  if (edges.length === 0)
    return { problem: "has no edge", hint: "A cell without edges computes nothing." };
  return edges.map((edge) => edgeFault(wiring, edge)).find((fault) => fault);
}

function edgeFault(wiring: Wiring, edge: Edge): Fault | undefined {
  const { nodes, edges } = wiring;
  const [tail, head] = edge;
  const written = describeEdge(edge);
  if (!edge.every((node) => Number.isInteger(node) && node >= 0 && node < nodes))
    return { problem: `has the edge ${written}`, hint: `Its nodes are 0 to ${nodes - 1}.` };
  if (tail >= head)
    return {
      problem: `has the edge ${written}`,
      hint: "Edges lead from a node to a later one.",
    };
  if (edges.filter((other) => describeEdge(other) === written).length > 1)
    return { problem: `has the edge ${written} twice`, hint: "Leave one of them out." };
  if (!reachableNodes(wiring).has(tail))
    return {
      problem: `reads node ${tail} in ${written}, to which no path leads from the input`,
      hint: `Add an edge into node ${tail}, or leave out the edges that start there.`,
    };
  return undefined;
}
