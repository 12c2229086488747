import { removalsOf, sinksOf, type Wiring } from "../../src/network/cells/wiring.ts";
import type { Random } from "../../src/random.ts";

/** A wiring on the way from the complete one, and its score. */
export interface ScoredWiring {
  readonly wiring: Wiring;
  readonly score: number;
}

/**
 * Trainings from so many edges down to `last` (a quarter of all for RNNs in the release, none for CNNs) where every step loses one:
 * more than it takes when a step cuts nodes off.
 */
export function mostTrainings(edges: number, candidates: number, last: number): number {
  let trainings = 0;
  for (let left = edges; left > last; left--) trainings += Math.min(candidates, left);
  return trainings;
}

/** The place of the edge that goes: the one whose absence scores best, the later of equals, even where every absence scores worse. */
export function bestRemoval(scores: readonly number[]): number {
  if (scores.length === 0) throw new Error("No edge was tried");
  return scores.lastIndexOf(Math.max(...scores));
}

export interface Shrinking {
  readonly complete: Wiring;
  /** Edges whose absence is tried in a step. */
  readonly candidates: number;
  /** Which of them goes: the one whose absence scores best, or any, as a control. */
  readonly removal: "best" | "random";
  /** Edges left at the end. */
  readonly last: number;
  readonly random: Random;
  /** A step's wirings are scored at once and not one after the other. */
  readonly atOnce?: boolean;
  score(wiring: Wiring): Promise<number>;
}

/** A step: the wirings tried, and the one gone on with. */
export interface ShrinkStep {
  readonly tried: readonly ScoredWiring[];
  readonly kept: ScoredWiring;
}

/** Shrinks a wiring to the end (arXiv 1911.09251, its release's algorithm), for scores that need no search around them. */
export async function* shrink(options: Shrinking): AsyncGenerator<ShrinkStep> {
  const { complete, candidates, removal, last, random } = options;
  for (let wiring = complete; wiring.edges.length > last; ) {
    const smaller = removalsOf(wiring, random).slice(0, candidates);
    const tried = await scored(
      smaller.map((removal) => removal.wiring),
      options,
    );
    const gone = removal === "best" ? bestRemoval(tried.map((one) => one.score)) : 0;
    const kept = tried[gone] as ScoredWiring;
    yield { tried, kept };
    wiring = kept.wiring;
  }
}

async function scored(
  wirings: readonly Wiring[],
  { score, atOnce }: Shrinking,
): Promise<readonly ScoredWiring[]> {
  const one = async (wiring: Wiring): Promise<ScoredWiring> => ({
    wiring,
    score: await score(wiring),
  });
  if (atOnce) return Promise.all(wirings.map(one));
  const all: ScoredWiring[] = [];
  for (const wiring of wirings) all.push(await one(wiring));
  return all;
}

/** The wiring of best score over all steps; of equals the one with fewer sinks, which the release's authors chose by hand. */
export function chooseWiring(trajectory: readonly ScoredWiring[]): ScoredWiring {
  const [best] = [...trajectory].sort(
    (a, b) => b.score - a.score || sinksOf(a.wiring).length - sinksOf(b.wiring).length,
  );
  if (!best) throw new Error("Nothing was scored");
  return best;
}
