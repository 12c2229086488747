import { at } from "./problem.ts";
import { completions } from "./relaxation.ts";
import type { Trellis } from "./trellis.ts";

/** What is known of the rest of the way from every state: it tells which labels can still win. */
export interface Guide {
  /** Lagrangian bounds at several prices, the best for the whole problem first. */
  readonly bounds: readonly PricedRest[];
  /** Per limited quantity and stage, the least cost from every state on. */
  readonly least: readonly (readonly Float64Array[])[];
}

export interface PricedRest {
  readonly prices: Float64Array;
  /** SUM_q price_q room_q. */
  readonly offset: number;
  /** Per stage, the greatest gain less priced costs from every state on. */
  readonly rest: readonly Float64Array[];
}

/** A label that has used more or less of a limit than its share is bounded best at a higher or lower price of it. */
const factors = [0.5, 0.8, 1.25, 2];

/**
 * `prices` bound the whole problem best; what is left of it after some choices has other best prices, so that labels are
 * bounded at several around them.
 */
export function guideBy(trellis: Trellis, prices: Float64Array): Guide {
  const { room } = trellis;
  const around = [...prices].flatMap((price, q) =>
    price > 0 ? factors.map((factor) => withEntry(prices, q, factor * price)) : [],
  );
  const nothing = room.map(() => 0);
  return {
    bounds: [prices, ...around].map((tried) => ({
      prices: tried,
      offset: tried.reduce((sum, price, q) => sum + price * at(room, q), 0),
      rest: completions(trellis, { gain: 1, prices: tried }),
    })),
    least: Array.from(room, (_, q) =>
      completions(trellis, { gain: 0, prices: withEntry(nothing, q, 1) }).map((values) =>
        values.map((value) => -value),
      ),
    ),
  };
}

function withEntry(values: Float64Array, index: number, entry: number): Float64Array {
  const changed = Float64Array.from(values);
  changed[index] = entry;
  return changed;
}
