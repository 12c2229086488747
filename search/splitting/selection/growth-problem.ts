import { meetsLimit } from "../../quantities.ts";

/**
 * Choose one level per variable: gains add up over variables, costs over terms of one or two variables.
 * Level 0 is the present width. Costs may be any tables: steps, dips, no monotony is assumed.
 */
export interface GrowthProblem {
  /** Per variable, the gain at each of its levels. */
  readonly gains: readonly Float64Array[];
  readonly terms: readonly CostTerm[];
  /** Per limited quantity, the cost that no level changes. */
  readonly constant: Float64Array;
  /** Per limited quantity, the most that constant and terms together may cost; positive. */
  readonly limits: Float64Array;
}

/** A cost that depends on one or two different variables. */
export interface CostTerm {
  readonly variables: readonly [number] | readonly [number, number];
  /** Costs per limited quantity at the levels of its variables (the second is unread where there is one variable). */
  readonly costs: (first: number, second: number) => Float64Array;
}

/** A level per variable. */
export type Levels = Int32Array;

/** Levels with what they gain and cost. */
export interface Growth {
  readonly levels: Levels;
  readonly gain: number;
  /** Per limited quantity, constant included. */
  readonly costs: Float64Array;
}

/** Element of an array that the caller knows to be there. */
export const at = (values: Float64Array | Int32Array, index: number): number =>
  values[index] ?? Number.NaN;

/** Gain and costs of a choice of levels. */
export function evaluate(problem: GrowthProblem, levels: Levels): Growth {
  const costs = Float64Array.from(problem.constant);
  for (const term of problem.terms) {
    const amounts = termCosts(term, levels);
    for (let q = 0; q < costs.length; q++) costs[q] = at(costs, q) + at(amounts, q);
  }
  let gain = 0;
  for (const [variable, gains] of problem.gains.entries()) gain += at(gains, at(levels, variable));
  return { levels: Int32Array.from(levels), gain, costs };
}

/** Costs of one term at these levels. */
export function termCosts({ variables, costs }: CostTerm, levels: Levels): Float64Array {
  const [first, second = first] = variables;
  return costs(at(levels, first), at(levels, second));
}

/** How far costs exceed their limits: the sum of excesses, each as a fraction of its limit. 0 is feasible. */
export function excess(problem: GrowthProblem, costs: Float64Array): number {
  let sum = 0;
  for (let q = 0; q < costs.length; q++) {
    const [cost, limit] = [at(costs, q), at(problem.limits, q)];
    if (!meetsLimit(cost, limit)) sum += cost / limit - 1;
  }
  return sum;
}
