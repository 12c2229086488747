import type { Place } from "./plane.ts";

/** Corners of the convex hull, counter-clockwise (Andrew's monotone chain); two ends for a line, one for a point. */
export function convexHull(points: readonly Place[]): readonly Place[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const lower = chain(sorted);
  const upper = chain(sorted.reverse());
  const corners = [...lower.slice(0, -1), ...upper.slice(0, -1)];
  return corners.length > 0 ? corners : sorted.slice(0, 1);
}

/** Whether the place is inside the hull or on its border. */
export function isInside(corners: readonly Place[], place: Place): boolean {
  const [first, second] = corners;
  if (!first) return false;
  if (!second) return first.x === place.x && first.y === place.y;
  if (corners.length === 2) return isBetween(first, second, place);
  return corners.every((corner, i) => {
    const next = corners[(i + 1) % corners.length] ?? first;
    return turn(corner, next, place) >= 0;
  });
}

function chain(points: readonly Place[]): Place[] {
  const corners: Place[] = [];
  for (const point of points) {
    while (corners.length > 1) {
      const [before, last] = corners.slice(-2);
      if (before && last && turn(before, last, point) > 0) break;
      corners.pop();
    }
    corners.push(point);
  }
  return corners;
}

const isBetween = (a: Place, b: Place, place: Place): boolean =>
  turn(a, b, place) === 0 &&
  Math.min(a.x, b.x) <= place.x &&
  place.x <= Math.max(a.x, b.x) &&
  Math.min(a.y, b.y) <= place.y &&
  place.y <= Math.max(a.y, b.y);

/** Positive when a -> b -> c turns left. Widths are integers, so this is exact. */
const turn = (a: Place, b: Place, c: Place): number =>
  (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
