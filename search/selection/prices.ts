import { at } from "./problem.ts";
import { bestChoice } from "./relaxation.ts";
import { type Choice, fits, type Trellis } from "./trellis.ts";

/** The Lagrangian at its least: what no choice can gain more than. */
export interface Relaxed {
  readonly bound: number;
  /** Gain per unit of each limited quantity at the bound. */
  readonly prices: Float64Array;
  /** The best choices at every price tried; most break some limit. */
  readonly seen: readonly Choice[];
}

interface Priced extends Choice {
  /** gain + SUM_q price_q (room_q - cost_q). */
  readonly value: number;
  readonly prices: Float64Array;
}

/**
 * Minimises max over choices of gain + SUM_q price_q (room_q - cost_q) over prices >= 0: by secants of the concave hull of
 * (cost, gain) where one limit binds, which ends at the exact price, else by the ellipsoid method. Every price gives a
 * valid bound. Undefined where no choice meets the conditions.
 */
export function findPrices(trellis: Trellis): Relaxed | undefined {
  const open = priced(trellis, new Float64Array(trellis.room.length));
  if (!open) return undefined;
  const seen = [open];
  if (!fits(trellis, open)) {
    for (const q of trellis.room.keys()) seen.push(...alongHull(trellis, open, q));
    if (trellis.room.length > 1) seen.push(...byEllipsoid(trellis, open));
  }
  const { value, prices } = seen.reduce((least, next) => (next.value < least.value ? next : least));
  return { bound: value, prices, seen };
}

function priced(trellis: Trellis, prices: Float64Array): Priced | undefined {
  const choice = bestChoice(trellis, { gain: 1, prices });
  if (!choice) return undefined;
  let value = choice.gain;
  for (const [q, price] of prices.entries())
    value += price * (at(trellis.room, q) - at(choice.costs, q));
  return { ...choice, value, prices };
}

/** The choice that costs least of one quantity, whatever it gains. */
export function cheapest(trellis: Trellis, quantity: number): Choice | undefined {
  const prices = new Float64Array(trellis.room.length);
  prices[quantity] = 1;
  return bestChoice(trellis, { gain: 0, prices });
}

/** Secants between a choice over one limit and one within it, until no choice lies above the secant. */
function alongHull(trellis: Trellis, open: Priced, quantity: number): readonly Priced[] {
  const room = at(trellis.room, quantity);
  const isOver = ({ costs }: Choice) => at(costs, quantity) > room;
  let over: Choice = open;
  let within = cheapest(trellis, quantity);
  const seen: Priced[] = [];
  if (!within || !isOver(over) || isOver(within)) return seen;
  for (let step = 0; step < mostSecants; step++) {
    const prices = new Float64Array(trellis.room.length);
    const price =
      (over.gain - within.gain) / (at(over.costs, quantity) - at(within.costs, quantity));
    prices[quantity] = Math.max(0, price);
    const next = priced(trellis, prices);
    const secant = over.gain + price * (room - at(over.costs, quantity));
    if (next) seen.push(next);
    if (!next || next.value <= secant + 1e-12 * Math.abs(secant)) return seen;
    if (isOver(next)) over = next;
    else within = next;
  }
  return seen;
}

/** Every secant finds another corner of the hull: there are as many as choices, but a dozen are usual. */
const mostSecants = 200;

/**
 * The ellipsoid method on prices scaled so that the optimum lies in the unit box: where some choice leaves room_q, a price
 * of more than the whole gain per room is never least. Kinks do not disturb it; 25 n (n + 1) steps shrink the volume by e^-25.
 */
function byEllipsoid(trellis: Trellis, open: Priced): readonly Priced[] {
  const { room } = trellis;
  const n = room.length;
  const scale = room.map((limit, q) => {
    const least = cheapest(trellis, q);
    const slack = limit - at(least?.costs ?? [], q);
    return (open.gain - (least?.gain ?? 0)) / Math.max(slack, 1e-6 * Math.abs(limit));
  });
  const seen: Priced[] = [];
  let ellipsoid = startEllipsoid(n);
  for (let step = 0; step < 25 * n * (n + 1); step++) {
    const { centre } = ellipsoid;
    const negative = centre.findIndex((entry) => entry < 0);
    const cut = new Float64Array(n);
    if (negative >= 0) cut[negative] = -1;
    else {
      const next = priced(
        trellis,
        centre.map((entry, q) => entry * at(scale, q)),
      );
      if (!next) break;
      seen.push(next);
      for (let q = 0; q < n; q++) cut[q] = at(scale, q) * (at(room, q) - at(next.costs, q));
    }
    const smaller = cutEllipsoid(ellipsoid, cut);
    if (!(smaller.reach > closeEnough * Math.abs(open.gain))) break;
    ellipsoid = smaller;
  }
  return seen;
}

/** Prices are good enough when the bound could only fall by this fraction of the whole gain. */
const closeEnough = 1e-6;

interface Ellipsoid {
  readonly centre: Float64Array;
  readonly shape: readonly Float64Array[];
}

const startEllipsoid = (n: number): Ellipsoid => ({
  centre: new Float64Array(n).fill(0.5),
  shape: Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = n / 4;
    return row;
  }),
});

/** The smallest ellipsoid around the half where cut . (x - centre) <= 0; `reach` bounds what is left to fall along the cut. */
function cutEllipsoid({ centre, shape }: Ellipsoid, cut: Float64Array) {
  const n = centre.length;
  const pulled = shape.map((row) => row.reduce((sum, entry, j) => sum + entry * at(cut, j), 0));
  const reach = Math.sqrt(pulled.reduce((sum, entry, i) => sum + entry * at(cut, i), 0));
  const direction = pulled.map((entry) => entry / reach);
  return {
    reach,
    centre: centre.map((entry, i) => entry - at(direction, i) / (n + 1)),
    shape: shape.map((row, i) =>
      row.map(
        (entry, j) =>
          (n ** 2 / (n ** 2 - 1)) * (entry - (2 / (n + 1)) * at(direction, i) * at(direction, j)),
      ),
    ),
  };
}
