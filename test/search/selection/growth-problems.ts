import {
  evaluate,
  excess,
  type Growth,
  type GrowthProblem,
} from "../../../search/splitting/selection/growth-problem.ts";
import { type Random, seededRandom } from "../../../src/random.ts";

interface Shape {
  readonly seed: number;
  readonly sizes: readonly number[];
  readonly quantities: number;
  /** Fraction of the way from the present cost to the dearest. */
  readonly fraction: number;
}

/** A chain with concave gains and random costs: products of widths, in steps, with dips. */
export function randomChain({ seed, sizes, quantities, fraction }: Shape): GrowthProblem {
  const random = seededRandom(seed);
  const gains = sizes.map((size) => concaveGains(size, random));
  const variables = sizes.map((_, variable) => variable);
  const pairs = variables.slice(1).map((second) => [second - 1, second] as const);
  const terms = [...variables.map((variable) => [variable] as const), ...pairs].map((variables) => {
    const [rows = 1, columns = 1] = variables.map((variable) => sizes[variable] ?? 1);
    const tables = Array.from({ length: quantities }, () => stepTable(rows, columns, random));
    return {
      variables,
      costs: (first: number, second: number) =>
        Float64Array.from(
          tables,
          (table) => table[first * columns + (variables.length > 1 ? second : 0)] ?? Number.NaN,
        ),
    };
  });
  const open = {
    gains,
    terms,
    constant: new Float64Array(quantities).fill(1),
    limits: new Float64Array(quantities).fill(1e9),
  };
  const low = evaluate(open, new Int32Array(sizes.length)).costs;
  const high = evaluate(
    open,
    Int32Array.from(sizes, (size) => size - 1),
  ).costs;
  const limits = low.map((cost, q) => cost + fraction * Math.max(0, (high[q] ?? 0) - cost));
  return { ...open, limits };
}

function concaveGains(size: number, random: Random): Float64Array {
  const each = Array.from({ length: size - 1 }, () => random.uniform()).sort((a, b) => b - a);
  const sums = new Float64Array(size);
  for (const [i, gain] of each.entries()) sums[i + 1] = (sums[i] ?? 0) + gain;
  return sums;
}

function stepTable(rows: number, columns: number, random: Random): Float64Array {
  const step = 1 + random.below(3);
  const up = (level: number) => Math.ceil((level + 3) / step) * step;
  return Float64Array.from({ length: rows * columns }, (_, cell) => {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    const dip = random.uniform() < 0.2 ? 0.7 + 0.3 * random.uniform() : 1;
    return up(row) * up(column) * dip;
  });
}

/** The best feasible growth by trying every combination. */
export function bruteForce(problem: GrowthProblem): Growth | undefined {
  let best: Growth | undefined;
  const levels = new Int32Array(problem.gains.length);
  for (;;) {
    const growth = evaluate(problem, levels);
    if (excess(problem, growth.costs) === 0 && (!best || growth.gain > best.gain)) best = growth;
    const next = levels.findIndex(
      (level, variable) => level + 1 < (problem.gains[variable]?.length ?? 0),
    );
    if (next < 0) return best;
    levels.fill(0, 0, next);
    levels[next] = (levels[next] ?? 0) + 1;
  }
}
