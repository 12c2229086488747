import type { Spot } from "./plane.ts";

const shown = 4;
const laneOctaves = 2;

/**
 * Rows of the nearest measured places by octaves of width: 8 is as far from 16 as 64 from 128.
 * Asked for every interpolated answer: one pass over flat arrays, keeping the nearest few in order.
 */
export function rowsOfNearest(
  nodes: readonly (Spot & { readonly rows: readonly number[] })[],
): (spot: Spot) => readonly number[] {
  const xs = Float64Array.from(nodes, ({ x }) => Math.log2(x));
  const ys = Float64Array.from(nodes, ({ y }) => Math.log2(y));
  const ragged = Uint8Array.from(nodes, (node) => node.ragged);
  const distances = new Float64Array(shown);
  const kept = new Int32Array(shown);
  return (spot) => {
    const x = Math.log2(spot.x);
    const y = Math.log2(spot.y);
    distances.fill(Number.POSITIVE_INFINITY);
    kept.fill(-1);
    for (let node = 0; node < xs.length; node++) {
      const across = ragged[node] === spot.ragged ? 0 : laneOctaves ** 2;
      const distance = ((xs[node] ?? 0) - x) ** 2 + ((ys[node] ?? 0) - y) ** 2 + across;
      if (distance < (distances[shown - 1] ?? 0)) insert(distances, kept, distance, node);
    }
    return Array.from(kept, (node) => nodes[node]?.rows ?? []).flat();
  };
}

/** Puts the node where it belongs and drops the last. */
function insert(distances: Float64Array, kept: Int32Array, distance: number, node: number): void {
  let at = shown - 1;
  for (; at > 0 && (distances[at - 1] ?? 0) > distance; at--) {
    distances[at] = distances[at - 1] ?? 0;
    kept[at] = kept[at - 1] ?? -1;
  }
  distances[at] = distance;
  kept[at] = node;
}
