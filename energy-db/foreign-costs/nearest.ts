/** A point in a space of some axes. */
export interface Placed {
  readonly at: readonly number[];
}

export interface Near<P> {
  readonly point: P;
  readonly distance: number;
}

/** The nearest points to a place, near ones first. */
export type NearestFinder<P> = (at: readonly number[], count: number) => readonly Near<P>[];

/** Points in order of one axis: a search goes outwards from the place and ends where that axis alone is too far. */
export function nearestFinder<P extends Placed>(points: readonly P[]): NearestFinder<P> {
  const axis = mostVaried(points);
  const sorted = [...points].sort((a, b) => (a.at[axis] ?? 0) - (b.at[axis] ?? 0));
  return (at, count) => {
    const found: Near<P>[] = [];
    let reach = Number.POSITIVE_INFINITY;
    for (const { point, offset } of outwards(sorted, axis, at[axis] ?? 0)) {
      if (offset >= reach) break;
      keepNear(found, { point, distance: distanceOf(point.at, at) }, count);
      if (found.length === count) reach = found[count - 1]?.distance ?? reach;
    }
    return found;
  };
}

/** Points by how far they lie from a value on the axis that they are sorted along. */
function* outwards<P extends Placed>(
  sorted: readonly P[],
  axis: number,
  value: number,
): Generator<{ readonly point: P; readonly offset: number }> {
  let above = firstFrom(sorted, axis, value);
  let below = above - 1;
  for (let left = sorted.length; left > 0; left--) {
    const down = value - (sorted[below]?.at[axis] ?? Number.NEGATIVE_INFINITY);
    const up = (sorted[above]?.at[axis] ?? Number.POSITIVE_INFINITY) - value;
    const point = down < up ? sorted[below--] : sorted[above++];
    if (point) yield { point, offset: Math.min(down, up) };
  }
}

/** The axis with most different widths. */
function mostVaried(points: readonly Placed[]): number {
  const kinds = (points[0]?.at ?? []).map(
    (_, axis) => new Set(points.map(({ at }) => at[axis])).size,
  );
  return Math.max(0, kinds.indexOf(Math.max(...kinds)));
}

/** The place of the first point that lies no lower than `value`. */
function firstFrom(sorted: readonly Placed[], axis: number, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.at[axis] ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keepNear<P>(found: Near<P>[], near: Near<P>, count: number): void {
  const place = found.findIndex((other) => other.distance > near.distance);
  if (place < 0 && found.length >= count) return;
  found.splice(place < 0 ? found.length : place, 0, near);
  if (found.length > count) found.pop();
}

function distanceOf(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let axis = 0; axis < a.length; axis++) sum += ((a[axis] ?? 0) - (b[axis] ?? 0)) ** 2;
  return Math.sqrt(sum);
}
