import type { Condition, CostTerm, SelectionProblem } from "../../../search/selection/problem.ts";
import { type Random, seededRandom } from "../../../src/random.ts";

export interface ProblemShape {
  readonly seed: number;
  /** Levels per variable. */
  readonly sizes: readonly number[];
  readonly quantities: number;
  /** Where the limits lie between the cost of the present levels and the dearest. */
  readonly fraction: number;
  /** Variables further than a neighbour apart that share a term: a group tied to several places. */
  readonly ties?: readonly (readonly [number, number])[];
  /** Chance that a pair of neighbouring levels is forbidden. */
  readonly forbidden?: number;
}

/** A chain with ties: gains of any shape and sign, costs in products of widths, in steps, with dips. */
export function randomProblem(shape: ProblemShape): SelectionProblem {
  const { seed, sizes, quantities, fraction, ties = [], forbidden = 0 } = shape;
  const random = seededRandom(seed);
  const alone = sizes.map((_, variable) => [variable]);
  const neighbours = sizes.slice(1).map((_, variable) => [variable, variable + 1]);
  const open: SelectionProblem = {
    gains: sizes.map((size) => randomGains(size, random)),
    present: sizes.map((size) => random.below(size)),
    terms: [...alone, ...neighbours, ...ties].map((variables) =>
      randomTerm(variables, sizes, quantities, random),
    ),
    constant: new Float64Array(quantities).fill(1),
    limits: new Float64Array(quantities).fill(1e9),
    conditions: neighbours.map((variables) => randomCondition(variables, sizes, forbidden, random)),
  };
  const low = costsOf(open, open.present);
  const high = costsOf(
    open,
    sizes.map((size) => size - 1),
  );
  const limits = low.map((cost, q) => cost + fraction * ((high[q] ?? 0) - cost));
  return { ...open, limits };
}

/** Rising and falling, so that wider is not always better, nor narrower always worse. */
const randomGains = (size: number, random: Random): Float64Array =>
  Float64Array.from({ length: size }, () => 2 * random.uniform() - 0.7);

function randomTerm(
  variables: readonly number[],
  sizes: readonly number[],
  quantities: number,
  random: Random,
): CostTerm {
  const own = variables.map((variable) => sizes[variable] ?? 1);
  const cells = own.reduce((product, size) => product * size, 1);
  const tables = Array.from({ length: quantities }, () => {
    const step = 1 + random.below(3);
    const up = (level: number) => Math.ceil((level + 3) / step) * step;
    return Float64Array.from({ length: cells }, (_, cell) => {
      const [row, column] = [Math.floor(cell / (own[1] ?? 1)), cell % (own[1] ?? 1)];
      const dip = random.uniform() < 0.2 ? 0.5 + 0.5 * random.uniform() : 1;
      return up(row) * up(column) * dip;
    });
  });
  const cellOf = ([first = 0, second = 0]: readonly number[]) => first * (own[1] ?? 1) + second;
  return {
    variables,
    costs: (levels) => Float64Array.from(tables, (table) => table[cellOf(levels)] ?? Number.NaN),
  };
}

function randomCondition(
  variables: readonly number[],
  sizes: readonly number[],
  forbidden: number,
  random: Random,
): Condition {
  const [rows = 1, columns = 1] = variables.map((variable) => sizes[variable] ?? 1);
  const isAllowed = Array.from({ length: rows * columns }, () => random.uniform() >= forbidden);
  return {
    variables,
    holds: ([first = 0, second = 0]) => isAllowed[first * columns + second] ?? false,
  };
}

export function costsOf(problem: SelectionProblem, levels: readonly number[]): Float64Array {
  const costs = Float64Array.from(problem.constant);
  for (const { variables, costs: of } of problem.terms)
    for (const [q, amount] of of(variables.map((v) => levels[v] ?? 0)).entries())
      costs[q] = (costs[q] ?? 0) + amount;
  return costs;
}

export function isAllowed(problem: SelectionProblem, levels: readonly number[]): boolean {
  const costs = costsOf(problem, levels);
  return (
    costs.every((cost, q) => cost <= (problem.limits[q] ?? 0) * (1 + 1e-12)) &&
    problem.conditions.every(({ variables, holds }) => holds(variables.map((v) => levels[v] ?? 0)))
  );
}

export const gainOf = (problem: SelectionProblem, levels: readonly number[]): number =>
  problem.gains.reduce((sum, gains, v) => sum + (gains[levels[v] ?? 0] ?? 0), 0);

/** The greatest gain of any allowed combination, by trying every one; -Infinity where none is allowed. */
export function bruteForce(problem: SelectionProblem): number {
  let best = Number.NEGATIVE_INFINITY;
  const levels = problem.gains.map(() => 0);
  for (;;) {
    const gain = gainOf(problem, levels);
    if (gain > best && isAllowed(problem, levels)) best = gain;
    const next = levels.findIndex((level, v) => level + 1 < (problem.gains[v]?.length ?? 0));
    if (next < 0) return best;
    levels.fill(0, 0, next);
    levels[next] = (levels[next] ?? 0) + 1;
  }
}
