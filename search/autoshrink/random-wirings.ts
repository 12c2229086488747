import { describeEdge, randomWiring, type Wiring } from "../../src/network/cells/wiring.ts";
import type { Move, SearchContext, SearchMethod, SearchPoint } from "../method.ts";
import {
  bestFitting,
  type CellSpace,
  cellSpace,
  deliverWiring,
  fits,
  networkOf,
  scoreOf,
  wiringCandidate,
  wiringRandom,
} from "./cell-space.ts";

/** Draws in vain before as many wirings are trained as were found. */
const drawsPerWiring = 20;

/** A control: as many wirings as `count` says, drawn by chance among those that fit, and the best of them by the same score. */
export const randomWirings = (
  name: string,
  summary: string,
  count: (space: CellSpace) => number,
): SearchMethod => ({
  name,
  summary,
  searchesFor: "wirings",
  next: (point, context) => Promise.resolve(nextMove(count, point, context)),
});

function nextMove(
  count: (space: CellSpace) => number,
  { trained, memory }: SearchPoint,
  context: SearchContext,
): Move {
  const space = cellSpace(context);
  if (trained.length === 0) return tryWirings(space, count(space), context);
  const wirings = memory.note as readonly Wiring[];
  const scored = trained.map((candidate, i) => ({
    wiring: wirings[i] as Wiring,
    score: scoreOf(candidate, context),
    cost: candidate.cost,
  }));
  const best = bestFitting(scored, undefined, context);
  const keep = scored.findIndex(({ wiring }) => wiring === best?.wiring);
  return { ...(keep < 0 ? {} : { keep }), ...deliverWiring(space, best) };
}

function tryWirings(space: CellSpace, count: number, context: SearchContext): Move {
  const random = wiringRandom(context, 0);
  const drawn = new Map<string, Wiring>();
  for (let draws = 0; draws < drawsPerWiring * count && drawn.size < count; draws++) {
    const wiring = randomWiring(space.complete, random);
    if (fits(networkOf(space, wiring), context))
      drawn.set(wiring.edges.map(describeEdge).join(", "), wiring);
  }
  // Cells of one edge fit, whatever the draws were.
  if (drawn.size === 0) drawn.set("0->1", { ...space.complete, edges: [[0, 1]] });
  return {
    kind: "trials",
    candidates: [...drawn].map(([label, wiring]) =>
      wiringCandidate(label, networkOf(space, wiring), context, 0),
    ),
    outlook: { candidates: 0, epochs: 0 },
    memory: { note: [...drawn.values()], arrays: new Map() },
  };
}
