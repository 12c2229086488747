import type { CostTables } from "./cost-tables.ts";
import { at, excess, type Levels } from "./growth-problem.ts";
import { maximise } from "./pairwise-maximum.ts";

/** What the search over multipliers saw. */
export interface DualSearch {
  /** Least value of the Lagrangian found: no choice among the tables' levels that meets the limits gains more. */
  readonly bound: number;
  /** Multipliers of the bound, in gain per unit of each quantity. */
  readonly multipliers: Float64Array;
  /** Every maximiser on the way, feasible or not, as levels of the problem. */
  readonly visited: readonly Relaxed[];
}

/** The maximiser of gain minus priced costs. */
export interface Relaxed {
  readonly levels: Levels;
  readonly gain: number;
  readonly costs: Float64Array;
  /** Lagrangian: gain + SUM_q multiplier_q (limit_q - cost_q). */
  readonly value: number;
  readonly multipliers: Float64Array;
}

/**
 * Minimises the Lagrangian max(gain + SUM_q mu_q (limit_q - cost_q)) over mu >= 0. One limit: the exact
 * breakpoint, from secants of the concave hull of (cost, gain). Several: each alone, then the ellipsoid method.
 */
export function searchMultipliers(tables: CostTables): DualSearch {
  const { problem } = tables;
  const free = new Float64Array(problem.limits.length);
  const visited = [relax(tables, free)];
  if (excess(problem, visited[0]?.costs ?? free) > 0) {
    for (let q = 0; q < free.length; q++) visited.push(...alongHull(tables, visited[0], q));
    if (free.length > 1) visited.push(...byEllipsoid(tables, visited));
  }
  const [first, ...others] = visited;
  if (!first) throw new Error("The Lagrangian was never evaluated");
  const least = others.reduce((a, b) => (b.value < a.value ? b : a), first);
  return { bound: least.value, multipliers: least.multipliers, visited };
}

/** The cheapest levels in one quantity, whatever they gain. */
export function cheapest(tables: CostTables, quantity: number): Relaxed {
  const priced = new Float64Array(tables.problem.limits.length);
  priced[quantity] = 1;
  return relax(tables, priced, { gainWeight: 0 });
}

function relax(tables: CostTables, multipliers: Float64Array, { gainWeight = 1 } = {}): Relaxed {
  const { problem, candidates } = tables;
  const single = tables.gains.map((gains, variable) => {
    const values = gains.map((gain) => gain * gainWeight);
    for (const [q, costs] of tables.single.entries())
      subtract(values, costs[variable] ?? values, at(multipliers, q));
    return values;
  });
  const pairs = tables.pairs.map(({ first, second, costs }) => {
    const values = new Float64Array(costs[0]?.length ?? 0);
    for (const [q, amounts] of costs.entries()) subtract(values, amounts, at(multipliers, q));
    return { first, second, values };
  });
  const rows = maximise({ single, pairs });
  const { gain, costs } = evaluateRows(tables, rows);
  let value = gain * gainWeight;
  for (let q = 0; q < costs.length; q++)
    value += at(multipliers, q) * (at(problem.limits, q) - at(costs, q));
  const levels = rows.map((row, variable) => candidates[variable]?.[row] ?? 0);
  return { levels, gain, costs, value, multipliers };
}

function subtract(values: Float64Array, costs: Float64Array, price: number): void {
  if (price !== 0)
    for (let i = 0; i < values.length; i++) values[i] = at(values, i) - price * at(costs, i);
}

function evaluateRows(tables: CostTables, rows: Levels) {
  const columns = (variable: number) => tables.candidates[variable]?.length ?? 0;
  const costs = tables.problem.constant.map((constant, q) => {
    let cost = constant;
    for (const [variable, row] of rows.entries()) cost += tables.single[q]?.[variable]?.[row] ?? 0;
    for (const { first, second, costs: amounts } of tables.pairs)
      cost += amounts[q]?.[at(rows, first) * columns(second) + at(rows, second)] ?? 0;
    return cost;
  });
  let gain = 0;
  for (const [variable, row] of rows.entries()) gain += tables.gains[variable]?.[row] ?? 0;
  return { gain, costs };
}

/** Secants between a solution over one limit and one within it, until no solution lies above the secant. */
function alongHull(tables: CostTables, dearest: Relaxed | undefined, quantity: number): Relaxed[] {
  const limit = at(tables.problem.limits, quantity);
  let within = cheapest(tables, quantity);
  let over = dearest;
  const seen: Relaxed[] = [];
  const overLimit = (relaxed: Relaxed) => at(relaxed.costs, quantity) > limit;
  if (!over || !overLimit(over) || overLimit(within)) return seen;
  for (let step = 0; step < 60; step++) {
    const price =
      (over.gain - within.gain) / (at(over.costs, quantity) - at(within.costs, quantity));
    const multipliers = new Float64Array(tables.problem.limits.length);
    multipliers[quantity] = price;
    const next = relax(tables, multipliers);
    seen.push(next);
    const secant = over.gain + price * (limit - at(over.costs, quantity));
    if (next.value <= secant + 1e-12 * Math.abs(secant)) break;
    if (overLimit(next)) over = next;
    else within = next;
  }
  return seen;
}

/**
 * Ellipsoid method on multipliers scaled so that the optimum lies in the unit simplex: with a choice that
 * leaves slack_q, mu_q slack_q <= total gain (Slater). Converges whatever the kinks, in a few hundred solves.
 */
function byEllipsoid(tables: CostTables, known: readonly Relaxed[]): Relaxed[] {
  const { limits } = tables.problem;
  const n = limits.length;
  const scale = multiplierScale(tables, known);
  const seen: Relaxed[] = [];
  let centre = new Float64Array(n).fill(0.5);
  let shape = identity(n).map((row) => row.map((entry) => (entry * n) / 4));
  for (let step = 0; step < 25 * n * (n + 1); step++) {
    const negative = centre.findIndex((entry) => entry < 0);
    const cut = new Float64Array(n);
    if (negative >= 0) cut[negative] = -1;
    else {
      const relaxed = relax(
        tables,
        centre.map((entry, q) => entry * at(scale, q)),
      );
      seen.push(relaxed);
      for (let q = 0; q < n; q++) cut[q] = at(scale, q) * (at(limits, q) - at(relaxed.costs, q));
    }
    const next = cutEllipsoid(centre, shape, cut);
    if (next.reach <= 1e-9 * (known[0]?.gain ?? 0)) break;
    centre = next.centre;
    shape = next.shape;
  }
  return seen;
}

function multiplierScale(tables: CostTables, known: readonly Relaxed[]): Float64Array {
  const { limits } = tables.problem;
  const total = known[0]?.gain ?? 0;
  return limits.map((limit, q) => {
    const slack = limit - at(cheapest(tables, q).costs, q);
    return total / Math.max(slack, 1e-6 * limit);
  });
}

const identity = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

/** The smallest ellipsoid around the half of {centre, shape} against `cut`; `reach` bounds what is left to gain. */
function cutEllipsoid(
  centre: Float64Array<ArrayBuffer>,
  shape: readonly (readonly number[])[],
  cut: Float64Array,
) {
  const n = centre.length;
  const pulled = shape.map((row) => row.reduce((sum, entry, j) => sum + entry * at(cut, j), 0));
  const reach = Math.sqrt(
    Math.max(
      0,
      pulled.reduce((sum, entry, i) => sum + entry * at(cut, i), 0),
    ),
  );
  if (reach === 0) return { centre, shape: shape.map((row) => [...row]), reach };
  const direction = pulled.map((entry) => entry / reach);
  return {
    reach,
    centre: centre.map((entry, i) => entry - (direction[i] ?? 0) / (n + 1)),
    shape: shape.map((row, i) =>
      row.map(
        (entry, j) =>
          (n ** 2 / (n ** 2 - 1)) *
          (entry - (2 / (n + 1)) * (direction[i] ?? 0) * (direction[j] ?? 0)),
      ),
    ),
  };
}
