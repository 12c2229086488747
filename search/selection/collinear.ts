import { at } from "./problem.ts";
import type { Trellis } from "./trellis.ts";

/** A trellis without the limits that another one implies. */
export interface DistinctLimits {
  readonly trellis: Trellis;
  /** Which of the given quantities each one left is. */
  readonly kept: readonly number[];
}

/**
 * Treats quantities whose costs are in one proportion throughout (energy modelled as time x power, above all) as one, under
 * the tighter of their limits: a second limit in the same direction decides nothing, and doubles the work.
 */
export function distinctLimits(trellis: Trellis): DistinctLimits {
  const kept: number[] = [];
  const room = Float64Array.from(trellis.room);
  for (const q of room.keys()) {
    const like = kept.find((other) => proportion(trellis, other, q) !== undefined);
    if (like === undefined) kept.push(q);
    else room[like] = Math.min(at(room, like), at(room, q) / (proportion(trellis, like, q) ?? 1));
  }
  return {
    kept,
    trellis: {
      room: Float64Array.from(kept, (q) => at(room, q)),
      stages: trellis.stages.map((stage) => ({
        ...stage,
        costs: stage.costs.filter((_, q) => kept.includes(q)),
      })),
    },
  };
}

/** cost_b / cost_a where it is the same and positive on every edge, else undefined. */
function proportion({ stages }: Trellis, a: number, b: number): number | undefined {
  const pairs = stages.flatMap(({ costs }) =>
    Array.from(costs[a] ?? [], (cost, edge) => [cost, at(costs[b] ?? [], edge)] as const),
  );
  const [cost = 0, other = 0] = pairs.find((pair) => pair.some((amount) => amount !== 0)) ?? [];
  const ratio = other / cost;
  const isCommon = pairs.every(([x, y]) => Math.abs(y - ratio * x) <= rounding * Math.abs(y));
  return ratio > 0 && isCommon ? ratio : undefined;
}

const rounding = 1e-13;
