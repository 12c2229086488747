import { type Random, shuffled } from "../../src/random.ts";
import { type Edge, sinksOf, type Wiring, withoutEdge } from "./wiring.ts";

/** A wiring on the way from the complete one, and its score. */
export interface ScoredWiring {
  readonly wiring: Wiring;
  readonly score: number;
}

/** Edges whose absence is tried in a step: `candidates` of them drawn by chance, or all where there are fewer. */
export const candidateEdges = (
  { edges }: Wiring,
  candidates: number,
  random: Random,
): readonly Edge[] => shuffled(edges, random).slice(0, candidates);

/** Edges left at which shrinking ends: a part of the complete wiring's (`keep` is 0.01 for CNNs, 0.25 for RNNs in the release). */
export const lastEdges = (nodes: number, keep: number): number =>
  Math.round((keep * nodes * (nodes - 1)) / 2);

/** Trainings of a whole search where every step loses one edge: more than it takes when a step cuts nodes off. */
export function mostTrainings(nodes: number, candidates: number, keep: number): number {
  let trainings = 0;
  for (let edges = (nodes * (nodes - 1)) / 2; edges > lastEdges(nodes, keep); edges--)
    trainings += Math.min(candidates, edges);
  return trainings;
}

/** The step's outcome: the edge whose absence scores best goes, the later of equals, even where every absence scores worse. */
export function bestRemoval(
  wiring: Wiring,
  tried: readonly { readonly edge: Edge; readonly score: number }[],
): ScoredWiring {
  const [first, ...others] = tried;
  if (!first) throw new Error("No edge was tried");
  const best = others.reduce((so, one) => (one.score >= so.score ? one : so), first);
  return { wiring: withoutEdge(wiring, best.edge), score: best.score };
}

/** The wiring of best score over all steps; of equals the one with fewer sinks, which the release's authors chose by hand. */
export function chooseWiring(trajectory: readonly ScoredWiring[]): ScoredWiring {
  const [best] = [...trajectory].sort(
    (a, b) => b.score - a.score || sinksOf(a.wiring).length - sinksOf(b.wiring).length,
  );
  if (!best) throw new Error("Nothing was scored");
  return best;
}
