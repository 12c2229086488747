import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bestRemoval,
  chooseWiring,
  mostTrainings,
  type ScoredWiring,
  shrink,
} from "../../../search/autoshrink/shrink.ts";
import { drawOperations } from "../../../src/network/cells/convolutional-cell.ts";
import { drawActivations } from "../../../src/network/cells/recurrent-cell.ts";
import {
  completeWiring,
  type Edge,
  reachableNodes,
  requireCell,
  sinksOf,
  type Wiring,
  withoutEdge,
} from "../../../src/network/cells/wiring.ts";
import { releasedCell } from "../../../src/network/presets/shrink-cnn.ts";
import { seededRandom } from "../../../src/random.ts";

test.each([
  { nodes: 8, candidates: 10, last: 0, trainings: 235 },
  { nodes: 6, candidates: 10, last: 0, trainings: 105 },
  { nodes: 6, candidates: 10, last: 4, trainings: 95 },
  { nodes: 5, candidates: 4, last: 0, trainings: 34 },
  { nodes: 5, candidates: 10, last: 0, trainings: 55 },
  { nodes: 4, candidates: 4, last: 0, trainings: 18 },
])("$nodes nodes, $candidates candidates, down to $last edges: $trainings trainings", (row) => {
  const { edges } = completeWiring(row.nodes);
  expect(mostTrainings(edges.length, row.candidates, row.last)).toBe(row.trainings);
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
async function shrinkByChance(nodes: number, candidates: number, last: number, seed: number) {
  const random = seededRandom(seed);
  const complete = completeWiring(nodes);
  const trajectory: ScoredWiring[] = [];
  let trainings = 0;
  const score = () => Promise.resolve(random.uniform());
  const removal = seed % 2 ? "best" : "random";
  for await (const { tried, kept } of shrink({
    complete,
    candidates,
    removal,
    last,
    random,
    score,
  })) {
    trainings += tried.length;
    trajectory.push(kept);
    if (removal === "best") expect(kept.score).toBe(Math.max(...tried.map((one) => one.score)));
  }
  return { trajectory, trainings };
}

test("whatever the scores, every step loses edges, stays connected, and trains no more than foreseen", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 8 }),
      fc.integer({ min: 1, max: 10 }),
      fc.constantFrom(1, 4),
      fc.nat(),
      async (nodes, candidates, last, seed) => {
        const { trajectory, trainings } = await shrinkByChance(nodes, candidates, last, seed);
        const all = (nodes * (nodes - 1)) / 2;
        let before = all;
        for (const { wiring } of trajectory) {
          expect(wiring.edges.length).toBeLessThan(before);
          before = wiring.edges.length;
          const reached = reachableNodes(wiring);
          for (const [tail, head] of wiring.edges)
            expect(reached.has(tail) && reached.has(head)).toBe(true);
          expect(sinksOf(wiring).length).toBeGreaterThan(0);
        }
        expect(trainings).toBeLessThanOrEqual(mostTrainings(all, candidates, last));
      },
    ),
  );
});

test("an edge goes even where every absence scores worse, the later of equals", () => {
  expect(bestRemoval([-5, -1, -1, -3])).toBe(2);
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
