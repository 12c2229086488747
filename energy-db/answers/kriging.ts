import { type Factored, factorSymmetric } from "./least-squares.ts";
import type { Spot } from "./plane.ts";

/** A value known at a place. */
export interface Known extends Spot {
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
/** Cost grows with the cube: more points than this are thinned evenly. */
const mostPoints = { choosing: 100, fitting: 500 };

/** Interpolates deviations that are zero on average; `errors` are those of leaving points out, one at a time. */
export interface Deviations {
  at(spot: Spot): number;
  readonly errors: readonly number[];
}

/**
 * Simple kriging with a Matérn-3/2 covariance over octaves of width (Rasmussen and Williams, Gaussian
 * Processes for Machine Learning, eq. 2.25 and 4.17), its reach and noise chosen by leaving one point
 * out (eq. 5.12). No deviation at all where neighbours tell nothing about each other.
 */
export function fitDeviations(known: readonly Known[]): Deviations {
  const points = known.map((point) => ({ ...inOctaves(point), value: point.value }));
  const sample = thinned(points, mostPoints.choosing);
  const none = { reach: undefined, errors: points.map(({ value }) => value) };
  if (points.length < 3) return { at: () => 0, errors: none.errors };
  const [best = none] = [
    none,
    ...reaches.map((reach) => ({ reach, errors: errorsLeavingOneOut(sample, reach) })),
  ].sort((a, b) => meanSize(a.errors) - meanSize(b.errors));
  const at = best.reach ? krige(thinned(points, mostPoints.fitting), best.reach) : () => 0;
  return { at, errors: best.errors };
}

/** spot -> kᵀ (K + noise I)⁻¹ values. */
function krige(points: readonly Known[], reach: Reach): (spot: Spot) => number {
  const weights = factored(points, reach).solve(points.map(({ value }) => value));
  return (spot) => {
    const at = inOctaves(spot);
    let sum = 0;
    for (const [i, point] of points.entries())
      sum += (weights[i] ?? 0) * covariance(distance(point, at) / reach.octaves);
    return sum;
  };
}

/** Without refitting: error i = (K⁻¹ values)ᵢ / (K⁻¹)ᵢᵢ. */
function errorsLeavingOneOut(points: readonly Known[], reach: Reach): readonly number[] {
  const matrix = factored(points, reach);
  const weights = matrix.solve(points.map(({ value }) => value));
  return points.map((_, i) => {
    const unit = points.map((__, j) => (i === j ? 1 : 0));
    return (weights[i] ?? 0) / (matrix.solve(unit)[i] ?? 1);
  });
}

function factored(points: readonly Known[], { octaves, noise }: Reach): Factored {
  const matrix = factorSymmetric(
    points.map((a) =>
      points.map((b) => covariance(distance(a, b) / octaves) + (a === b ? noise : 0)),
    ),
  );
  if (!matrix) throw new Error("Two measured widths share one place");
  return matrix;
}

const inOctaves = ({ x, y, ragged }: Spot): Spot => ({ x: Math.log2(x), y: Math.log2(y), ragged });

const thinned = <T>(points: readonly T[], most: number): readonly T[] => {
  const stride = Math.ceil(points.length / most);
  return points.filter((_, i) => i % stride === 0);
};

const meanSize = (errors: readonly number[]): number =>
  errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;

/** Octaves between a width on the lanes and the same width off them: related, but not close. */
const laneOctaves = 2;

const distance = (a: Spot, b: Spot): number =>
  Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.ragged === b.ragged ? 0 : laneOctaves ** 2));

function covariance(reachesApart: number): number {
  const scaled = Math.sqrt(3) * reachesApart;
  return (1 + scaled) * Math.exp(-scaled);
}
