import { studentT95 } from "../../energy-db/loads/student-t.ts";
import { mean } from "../statistics.ts";
import type { Found } from "../tasks/search-task.ts";

/** A network found, measured, and trained under some seeds. */
export interface Point {
  readonly method: string;
  readonly search: number;
  readonly share: number;
  readonly found: Found;
  readonly latency_s: number;
  readonly low_s: number;
  readonly high_s: number;
  readonly trained: readonly {
    readonly seed: number;
    /** Test accuracy. */
    readonly accuracy: number;
    /** Held-out loss. */
    readonly loss: number;
  }[];
}

/** Networks of one control by ascending latency. */
export interface Curve {
  readonly method: string;
  readonly points: readonly Point[];
}

export const curveOf = (points: readonly Point[], method: string): Curve => ({
  method,
  points: points
    .filter((point) => point.method === method)
    .sort((a, b) => a.latency_s - b.latency_s),
});

/** What the control reaches at a latency under a training seed, between its neighbours; undefined where it was not trained. */
export function accuracyAt({ points }: Curve, latency_s: number, seed: number): number | undefined {
  const known = points.flatMap((point) => {
    const run = point.trained.find((one) => one.seed === seed);
    return run ? [{ latency_s: point.latency_s, accuracy: run.accuracy }] : [];
  });
  const above = known.find((point) => point.latency_s >= latency_s);
  const below = known.findLast((point) => point.latency_s <= latency_s);
  if (!above || !below) return undefined;
  const span = above.latency_s - below.latency_s;
  const share = span > 0 ? (latency_s - below.latency_s) / span : 0;
  return below.accuracy + share * (above.accuracy - below.accuracy);
}

export interface Judgement {
  readonly searches: number;
  /** Without interval where there is one search. */
  readonly difference: {
    readonly value: number;
    readonly low?: number;
    readonly high?: number;
  };
}

/**
 * Accuracy less the control's at the same measured latency, paired by training seed, averaged within a search; the interval
 * is Student's t over searches. Undefined where the control was trained at no such latency.
 */
export function againstCurve(points: readonly Point[], curve: Curve): Judgement | undefined {
  const bySearch = points.flatMap(({ latency_s, trained }) => {
    const differences = trained.flatMap(({ seed, accuracy }) => {
      const control = accuracyAt(curve, latency_s, seed);
      return control === undefined ? [] : [accuracy - control];
    });
    return differences.length > 0 ? [mean(differences)] : [];
  });
  const count = bySearch.length;
  if (count === 0) return undefined;
  const value = mean(bySearch);
  if (count === 1) return { searches: 1, difference: { value } };
  const variance = bySearch.reduce((sum, one) => sum + (one - value) ** 2, 0) / (count - 1);
  const half = studentT95(count - 1) * Math.sqrt(variance / count);
  return { searches: count, difference: { value, low: value - half, high: value + half } };
}
