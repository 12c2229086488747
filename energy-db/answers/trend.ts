import { nonNegativeLeastSquares } from "./least-squares.ts";
import type { Place, Spot } from "./plane.ts";

/** A measured cost at a place of the plane. */
export interface PlacedCost extends Place {
  readonly cost_s: number;
}

export interface Trend {
  /** Coefficients that the fit was free to choose. */
  readonly terms: number;
  at(spot: Spot): number;
}

/**
 * The smooth part of a family's cost: a + b xy + c x + d y with no negative coefficient (call, multiply-
 * accumulates, reading, writing), plus the same again for widths off the lanes, by relative least squares.
 * Positive and growing everywhere.
 */
export function fitTrend(points: readonly (Spot & PlacedCost)[]): Trend {
  const varies = {
    x: points.some(({ x }) => x !== points[0]?.x),
    y: points.some(({ y }) => y !== points[0]?.y),
  };
  const extras = [1, 2].filter((bit) => {
    const off = points.filter(({ ragged }) => ragged & bit).length;
    return off > 0 && off < points.length;
  });
  // Scaled to about 1, so that dependent columns are recognised whatever the widths.
  const scale = {
    x: Math.max(...points.map(({ x }) => x)),
    y: Math.max(...points.map(({ y }) => y)),
  };
  const smooth = (x: number, y: number): readonly number[] => {
    if (varies.x && varies.y) return [1, x * y, x, y];
    return varies.x ? [1, x] : varies.y ? [1, y] : [1];
  };
  const featuresOf = (spot: Spot): readonly number[] => {
    const base = smooth(spot.x / scale.x, spot.y / scale.y);
    const off = extras.flatMap((bit) => base.map((value) => (spot.ragged & bit ? value : 0)));
    return [...base, ...off];
  };
  const coefficients = nonNegativeLeastSquares(
    points.map((point) => featuresOf(point).map((value) => value / point.cost_s)),
    points.map(() => 1),
  );
  return {
    terms: coefficients.length,
    at: (spot) =>
      featuresOf(spot).reduce((sum, value, i) => sum + value * (coefficients[i] ?? 0), 0),
  };
}
