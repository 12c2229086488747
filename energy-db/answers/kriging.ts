import { solveSymmetric } from "./least-squares.ts";
import type { Place } from "./plane.ts";

/** A value known at a place. */
export interface Known extends Place {
  readonly value: number;
}

/** How far a deviation reaches, in octaves of width, and how much of it is noise. */
interface Reach {
  readonly octaves: number;
  readonly noise: number;
}

const reaches: readonly Reach[] = [0.5, 1, 2, 4].flatMap((octaves) =>
  [1e-6, 0.1, 0.5].map((noise) => ({ octaves, noise })),
);
const neighbours = 12;

/** Interpolates deviations that are zero on average; `errors` are those of leaving each point out. */
export interface Deviations {
  at(place: Place): number;
  readonly errors: readonly number[];
}

/**
 * Simple kriging from the nearest neighbours with a Matérn-3/2 covariance over octaves of width
 * (Rasmussen and Williams, Gaussian Processes, eq. 2.25 and 4.17), its reach and noise chosen by
 * leaving one point out. Falls back to no deviation at all where neighbours tell nothing.
 */
export function fitDeviations(known: readonly Known[]): Deviations {
  const points = known.map((point) => ({ ...inOctaves(point), value: point.value }));
  let best: Deviations = { at: () => 0, errors: points.map(({ value }) => value) };
  if (points.length < 3) return best;
  for (const reach of reaches) {
    const errors = points.map(
      (point) => point.value - krige(nearest(points, point, point), point, reach),
    );
    if (meanSize(errors) >= meanSize(best.errors)) continue;
    best = { errors, at: (place) => predict(points, inOctaves(place), reach) };
  }
  return best;
}

const predict = (points: readonly Known[], at: Place, reach: Reach): number =>
  krige(nearest(points, at), at, reach);

const inOctaves = ({ x, y }: Place): Place => ({ x: Math.log2(x), y: Math.log2(y) });

const meanSize = (errors: readonly number[]): number =>
  errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;

function nearest(points: readonly Known[], at: Place, except?: Known): readonly Known[] {
  return points
    .filter((point) => point !== except)
    .map((point) => ({ point, distance: distance(point, at) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, neighbours)
    .map(({ point }) => point);
}

/** kᵀ (K + noise I)⁻¹ values. */
function krige(points: readonly Known[], at: Place, { octaves, noise }: Reach): number {
  const weights = solveSymmetric(
    points.map((a) =>
      points.map((b) => covariance(distance(a, b) / octaves) + (a === b ? noise : 0)),
    ),
    points.map((point) => covariance(distance(point, at) / octaves)),
  );
  return points.reduce((sum, { value }, i) => sum + (weights?.[i] ?? 0) * value, 0);
}

const distance = (a: Place, b: Place): number => Math.hypot(a.x - b.x, a.y - b.y);

function covariance(reaches: number): number {
  const scaled = Math.sqrt(3) * reaches;
  return (1 + scaled) * Math.exp(-scaled);
}
