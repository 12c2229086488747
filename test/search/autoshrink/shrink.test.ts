import fc from "fast-check";
import { expect, test } from "vitest";
import { drawOperations } from "../../../search/autoshrink/convolutional-cell.ts";
import { drawActivations } from "../../../search/autoshrink/recurrent-cell.ts";
import {
  bestRemoval,
  candidateEdges,
  chooseWiring,
  lastEdges,
  mostTrainings,
  type ScoredWiring,
} from "../../../search/autoshrink/shrink.ts";
import {
  completeWiring,
  type Edge,
  reachableNodes,
  requireCell,
  sinksOf,
  type Wiring,
  withoutEdge,
} from "../../../search/autoshrink/wiring.ts";
import { seededRandom } from "../../../src/random.ts";
import { releasedCell } from "./cells.ts";

test.each([
  { nodes: 8, candidates: 10, keep: 0.01, trainings: 235 },
  { nodes: 6, candidates: 10, keep: 0, trainings: 105 },
  { nodes: 6, candidates: 10, keep: 0.25, trainings: 95 },
  { nodes: 5, candidates: 4, keep: 0.01, trainings: 34 },
  { nodes: 5, candidates: 10, keep: 0.01, trainings: 55 },
  { nodes: 4, candidates: 4, keep: 0, trainings: 18 },
])("$nodes nodes, $candidates candidates, part kept $keep: $trainings trainings", (row) => {
  expect(mostTrainings(row.nodes, row.candidates, row.keep)).toBe(row.trainings);
});

test("the released cell is valid, and its output is nodes 3 and 4", () => {
  requireCell(releasedCell.wiring, releasedCell.operations);
  expect(sinksOf(releasedCell.wiring)).toEqual([3, 4]);
});

test("without its only way in, a node's edges go too", () => {
  const edges: readonly Edge[] = [
    [0, 1],
    [1, 2],
    [0, 3],
    [2, 3],
  ];

  expect(withoutEdge({ nodes: 4, edges }, [0, 1]).edges).toEqual([[0, 3]]);
});

test.each([
  { nodes: 1, edges: [], says: /has 1 nodes/ },
  { nodes: 3, edges: [], says: /has no edge/ },
  { nodes: 3, edges: [[0, 3]], says: /0->3/ },
  {
    nodes: 3,
    edges: [
      [0, 1],
      [2, 1],
    ],
    says: /2->1/,
  },
  {
    nodes: 3,
    edges: [
      [0, 1],
      [0, 1],
    ],
    says: /0->1 twice/,
  },
  {
    nodes: 4,
    edges: [
      [0, 3],
      [1, 2],
    ],
    says: /node 1 in 1->2, to which no path leads/,
  },
] satisfies readonly (Wiring & { says: RegExp })[])("refused: $says", ({ says, ...wiring }) => {
  expect(() => requireCell(wiring, Array.from({ length: wiring.nodes - 1 }))).toThrowError(
    expect.objectContaining({ exit: "usage", message: expect.stringMatching(says) }),
  );
});

test("a cell with too few operations is refused", () => {
  expect(() => requireCell(releasedCell.wiring, ["conv1x1"])).toThrowError(
    /1 operations for 5 nodes, expected 4/,
  );
});

/** Shrinks to the end under scores drawn by chance, and gives every wiring on the way. */
function shrinkByChance(nodes: number, candidates: number, keep: number, seed: number) {
  const random = seededRandom(seed);
  const trajectory: ScoredWiring[] = [];
  let wiring = completeWiring(nodes);
  let trainings = 0;
  while (wiring.edges.length > lastEdges(nodes, keep)) {
    const tried = candidateEdges(wiring, candidates, random).map((edge) => ({
      edge,
      score: random.uniform(),
    }));
    trainings += tried.length;
    const step = bestRemoval(wiring, tried);
    trajectory.push(step);
    wiring = step.wiring;
  }
  return { trajectory, trainings };
}

test("whatever the scores, every step loses edges, stays connected, and trains no more than foreseen", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 10 }),
      fc.constantFrom(0, 0.25),
      fc.nat(),
      (nodes, candidates, keep, seed) => {
        const { trajectory, trainings } = shrinkByChance(nodes, candidates, keep, seed);
        let before = (nodes * (nodes - 1)) / 2;
        for (const { wiring } of trajectory) {
          expect(wiring.edges.length).toBeLessThan(before);
          before = wiring.edges.length;
          const reached = reachableNodes(wiring);
          for (const [tail, head] of wiring.edges)
            expect(reached.has(tail) && reached.has(head)).toBe(true);
          expect(sinksOf(wiring).length).toBeGreaterThan(0);
        }
        expect(trainings).toBeLessThanOrEqual(mostTrainings(nodes, candidates, keep));
      },
    ),
  );
});

test("an edge goes even where every absence scores worse, the later of equals", () => {
  const wiring = completeWiring(3);

  const step = bestRemoval(wiring, [
    { edge: [0, 1], score: -5 },
    { edge: [0, 2], score: -1 },
    { edge: [1, 2], score: -1 },
  ]);

  expect(step).toEqual({ wiring: withoutEdge(wiring, [1, 2]), score: -1 });
});

test("the best wiring of the whole way is chosen, of equals the one with fewer sinks", () => {
  const fork: Wiring = {
    nodes: 3,
    edges: [
      [0, 1],
      [0, 2],
    ],
  };
  const chain: Wiring = {
    nodes: 3,
    edges: [
      [0, 1],
      [1, 2],
    ],
  };
  const scored = (wiring: Wiring, score: number) => ({ wiring, score });

  expect(chooseWiring([scored(fork, 2), scored(chain, 1)]).wiring).toBe(fork);
  expect(chooseWiring([scored(fork, 2), scored(chain, 2)]).wiring).toBe(chain);
});

test("operations are balanced, activations of the four kinds, and both the seed's", () => {
  const operations = drawOperations(8, seededRandom(5));
  const count = (kind: string) => operations.filter((one) => one === kind).length;

  expect([count("conv1x1"), count("separable3x3")]).toEqual([4, 3]);
  expect(drawOperations(8, seededRandom(5))).toEqual(operations);
  expect(drawActivations(6, seededRandom(5))).toHaveLength(5);
});
