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

/** Networks of one control by ascending latency, and the line through what they reach. */
export interface Curve {
  readonly method: string;
  readonly points: readonly Point[];
  /** Absent where all were trained at one latency. */
  readonly line?: Line;
}

/** Accuracy against the logarithm of latency, by least squares over trainings. */
interface Line {
  readonly trainings: number;
  readonly centre: { readonly logLatency: number; readonly accuracy: number };
  readonly slope: number;
  /** Sum of squared distances of the trainings' log latencies from the centre. */
  readonly squares: number;
  /** Of a training around the line; undefined for fewer than three. */
  readonly variance?: number;
}

export function curveOf(all: readonly Point[], method: string): Curve {
  const points = all
    .filter((point) => point.method === method && point.trained.length > 0)
    .sort((a, b) => a.latency_s - b.latency_s);
  const line = lineThrough(points);
  return { method, points, ...(line ? { line } : {}) };
}

function lineThrough(points: readonly Point[]): Line | undefined {
  const trainings = points.flatMap(({ latency_s, trained }) =>
    trained.map(({ accuracy }) => ({ x: Math.log(latency_s), y: accuracy })),
  );
  const centre = {
    logLatency: mean(trainings.map(({ x }) => x)),
    accuracy: mean(trainings.map(({ y }) => y)),
  };
  const sum = (part: (x: number, y: number) => number): number =>
    trainings.reduce(
      (total, { x, y }) => total + part(x - centre.logLatency, y - centre.accuracy),
      0,
    );
  const squares = sum((x) => x * x);
  if (!(squares > 0)) return undefined;
  const slope = sum((x, y) => x * y) / squares;
  const freedom = trainings.length - 2;
  return {
    trainings: trainings.length,
    centre,
    slope,
    squares,
    ...(freedom > 0 ? { variance: sum((x, y) => (y - slope * x) ** 2) / freedom } : {}),
  };
}

/** What the control reaches at a latency; undefined beyond the latencies it was trained at. */
export function accuracyAt({ points, line }: Curve, latency_s: number): number | undefined {
  const first = points.at(0);
  const last = points.at(-1);
  if (!line || !first || !last) return undefined;
  if (latency_s < first.latency_s || latency_s > last.latency_s) return undefined;
  return line.centre.accuracy + line.slope * (Math.log(latency_s) - line.centre.logLatency);
}

export interface Judgement {
  readonly searches: number;
  /** Without interval where there is one search, or too few trainings of the control. */
  readonly difference: {
    readonly value: number;
    readonly low?: number;
    readonly high?: number;
  };
}

/**
 * Accuracy less the control's at the same measured latency, averaged within a search. The interval holds what searches differ by and
 * what the control's line is uncertain by: Welch's (Biometrika 34, 1947), degrees of freedom after Satterthwaite. Undefined where the
 * control was trained at no such latency.
 */
export function againstCurve(points: readonly Point[], curve: Curve): Judgement | undefined {
  const bySearch = points.flatMap(({ latency_s, trained }) => {
    const control = accuracyAt(curve, latency_s);
    if (control === undefined || trained.length === 0) return [];
    return [
      {
        difference: mean(trained.map(({ accuracy }) => accuracy)) - control,
        logLatency: Math.log(latency_s),
      },
    ];
  });
  const searches = bySearch.length;
  const { line } = curve;
  if (searches === 0 || !line) return undefined;
  const value = mean(bySearch.map(({ difference }) => difference));
  if (searches === 1 || line.variance === undefined) return { searches, difference: { value } };
  const spread = bySearch.reduce((sum, { difference }) => sum + (difference - value) ** 2, 0);
  const ofSearches = spread / (searches - 1) / searches;
  const offCentre = mean(bySearch.map(({ logLatency }) => logLatency)) - line.centre.logLatency;
  const ofLine = line.variance * (1 / line.trainings + offCentre ** 2 / line.squares);
  const variance = ofSearches + ofLine;
  const freedom =
    variance ** 2 / (ofSearches ** 2 / (searches - 1) + ofLine ** 2 / (line.trainings - 2));
  const half = variance > 0 ? studentT95(freedom) * Math.sqrt(variance) : 0;
  return { searches, difference: { value, low: value - half, high: value + half } };
}
