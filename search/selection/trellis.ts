import { at, type Condition, type CostTerm, type SelectionProblem } from "./problem.ts";

/**
 * A selection problem unrolled for dynamic programming: one stage per variable, in order. A state before a stage is a
 * combination of levels of the variables that later terms still depend on: one variable on a chain, two on a residual
 * ladder (variable elimination; the number of variables in a state is the path width of the order).
 */
export interface Trellis {
  readonly stages: readonly Stage[];
  /** Per limited quantity, what the terms together may cost. */
  readonly room: Float64Array;
}

/** Chooses a level of one variable. Edges are numbered state x levels + level. */
export interface Stage {
  readonly levels: number;
  readonly states: number;
  readonly nextStates: number;
  /** By level. */
  readonly gains: Float64Array;
  /** Per limited quantity, the costs settled by an edge. */
  readonly costs: readonly Float64Array[];
  /** The state that an edge leads to; -1 where a condition fails. */
  readonly next: Int32Array;
}

/** Levels with what they gain and cost; costs without the problem's constant. */
export interface Choice {
  readonly levels: Int32Array;
  readonly gain: number;
  /** Per limited quantity. */
  readonly costs: Float64Array;
}

/** Gain and costs of given levels; undefined where a condition fails. */
export function evaluate({ stages, room }: Trellis, levels: ArrayLike<number>): Choice | undefined {
  const costs = new Float64Array(room.length);
  let [state, gain] = [0, 0];
  for (const [i, stage] of stages.entries()) {
    const edge = state * stage.levels + at(levels, i);
    gain += at(stage.gains, at(levels, i));
    for (const [q, amounts] of stage.costs.entries()) costs[q] = at(costs, q) + at(amounts, edge);
    state = at(stage.next, edge);
    if (state < 0) return undefined;
  }
  return { levels: Int32Array.from(levels), gain, costs };
}

/** True if the costs leave no limit broken. */
export const fits = ({ room }: Trellis, { costs }: Choice): boolean =>
  costs.every((cost, q) => cost <= at(room, q));

/** More edges than this in one stage: the variables hang together too closely to be chosen exactly. */
const mostEdges = 2 ** 23;

export function buildTrellis(problem: SelectionProblem): Trellis {
  const { gains, limits, constant } = problem;
  const last = lastNeighbours(problem);
  let frontier: readonly number[] = [];
  const stages = gains.map((_, variable) => {
    const before = frontier;
    frontier = [...before, variable].filter((member) => at(last, member) > variable);
    return buildStage(problem, variable, before, frontier);
  });
  return { stages, room: limits.map((limit, q) => limit * rounding - at(constant, q)) };
}

/** Half of what `meetsLimit` allows for sums in another order, which the whole network is judged by. */
const rounding = 1 + 5e-13;

/** Per variable, the last one that it shares a term or condition with. */
function lastNeighbours({ gains, terms, conditions }: SelectionProblem): readonly number[] {
  const last = gains.map((_, variable) => variable);
  for (const { variables } of [...terms, ...conditions])
    for (const variable of variables)
      last[variable] = Math.max(last[variable] ?? variable, ...variables);
  return last;
}

function buildStage(
  problem: SelectionProblem,
  variable: number,
  before: readonly number[],
  after: readonly number[],
): Stage {
  const members = [...before, variable];
  const sizeOf = (member: number) => problem.gains[member]?.length ?? 0;
  const sizes = members.map(sizeOf);
  const edges = product(sizes);
  if (edges > mostEdges)
    throw new Error(`${members.length} width groups of ${sizes.join(", ")} widths hang together`);
  const settles = ({ variables }: { readonly variables: readonly number[] }) =>
    Math.max(-1, ...variables) === variable;
  const levels = sizeOf(variable);
  return {
    levels,
    states: edges / levels,
    nextStates: product(after.map(sizeOf)),
    gains: problem.gains[variable] ?? new Float64Array(),
    costs: edgeCosts(problem.terms.filter(settles), members, sizes, problem.constant.length),
    next: nextStates(problem.conditions.filter(settles), members, sizes, after),
  };
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** Per quantity, the terms' costs summed on every edge. */
function edgeCosts(
  terms: readonly CostTerm[],
  members: readonly number[],
  sizes: readonly number[],
  quantities: number,
): readonly Float64Array[] {
  const sums = Array.from({ length: quantities }, () => new Float64Array(product(sizes)));
  for (const term of terms) {
    const { tables, strides } = tabulate(term, members, sizes, quantities);
    for (const [edge, digits] of combinations(sizes)) {
      const cell = dot(strides, digits);
      for (let q = 0; q < quantities; q++) {
        const sum = sums[q];
        if (sum) sum[edge] = at(sum, edge) + at(tables[q] ?? [], cell);
      }
    }
  }
  return sums;
}

function nextStates(
  conditions: readonly Condition[],
  members: readonly number[],
  sizes: readonly number[],
  after: readonly number[],
): Int32Array {
  const next = new Int32Array(product(sizes));
  const afterStrides = strides(after, members, sizes);
  const placed = conditions.map(({ variables, holds }) => ({
    places: placesOf(variables, members),
    holds,
  }));
  for (const [edge, digits] of combinations(sizes)) {
    const isAllowed = placed.every(({ places, holds }) =>
      holds(places.map((place) => at(digits, place))),
    );
    next[edge] = isAllowed ? dot(afterStrides, digits) : -1;
  }
  return next;
}

/** Asks a term once per combination of its own variables, however many others share the stage. */
function tabulate(
  { variables, costs }: CostTerm,
  members: readonly number[],
  sizes: readonly number[],
  quantities: number,
) {
  const own = placesOf(variables, members).map((place) => sizes[place] ?? 0);
  const cells = own.reduce((product, size) => product * size, 1);
  const tables = Array.from({ length: quantities }, () => new Float64Array(cells));
  for (const [cell, digits] of combinations(own)) {
    const amounts = costs(digits);
    for (const [q, table] of tables.entries()) table[cell] = at(amounts, q);
  }
  return { tables, strides: strides(variables, members, sizes) };
}

const placesOf = (variables: readonly number[], members: readonly number[]): readonly number[] =>
  variables.map((variable) => members.indexOf(variable));

/** Per member, what one more level adds to the index of a combination of `variables`, the last changing fastest. */
function strides(
  variables: readonly number[],
  members: readonly number[],
  sizes: readonly number[],
): readonly number[] {
  const result = members.map(() => 0);
  let stride = 1;
  for (const place of [...placesOf(variables, members)].reverse()) {
    result[place] = stride;
    stride *= sizes[place] ?? 0;
  }
  return result;
}

function dot(weights: readonly number[], digits: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += at(weights, i) * at(digits, i);
  return sum;
}

/** All combinations with their index, the last digit changing fastest. The array is reused. */
function* combinations(
  sizes: readonly number[],
): Generator<readonly [index: number, digits: readonly number[]]> {
  const digits = sizes.map(() => 0);
  const count = sizes.reduce((product, size) => product * size, 1);
  for (let index = 0; index < count; index++) {
    yield [index, digits];
    for (let place = digits.length - 1; place >= 0; place--) {
      const digit = at(digits, place) + 1;
      digits[place] = digit < at(sizes, place) ? digit : 0;
      if (at(digits, place) > 0) break;
    }
  }
}
