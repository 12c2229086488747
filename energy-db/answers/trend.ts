import { nonNegativeLeastSquares } from "./least-squares.ts";
import type { Place } from "./plane.ts";

/** A measured cost at a place of the plane. */
export interface PlacedCost extends Place {
  readonly cost_s: number;
}

/**
 * The smooth part of a family's cost: a + b xy + c x + d y with no negative coefficient (call, multiply-
 * accumulates, reading, writing), by relative least squares. Positive and growing everywhere.
 */
export function fitTrend(points: readonly PlacedCost[]): (place: Place) => number {
  const varies = {
    x: points.some(({ x }) => x !== points[0]?.x),
    y: points.some(({ y }) => y !== points[0]?.y),
  };
  // Scaled to about 1, so that dependent columns are recognised whatever the widths.
  const scale = {
    x: Math.max(...points.map(({ x }) => x)),
    y: Math.max(...points.map(({ y }) => y)),
  };
  const featuresOf = (place: Place): readonly number[] => {
    const x = place.x / scale.x;
    const y = place.y / scale.y;
    if (varies.x && varies.y) return [1, x * y, x, y];
    return varies.x ? [1, x] : varies.y ? [1, y] : [1];
  };
  const coefficients = nonNegativeLeastSquares(
    points.map((point) => featuresOf(point).map((value) => value / point.cost_s)),
    points.map(() => 1),
  );
  return (place) =>
    featuresOf(place).reduce((sum, value, i) => sum + value * (coefficients[i] ?? 0), 0);
}
