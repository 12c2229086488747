import { at } from "./problem.ts";
import { type Choice, evaluate, type Stage, type Trellis } from "./trellis.ts";

/** Gain counts `gain` per unit, every limited quantity costs its price. */
export interface Objective {
  readonly gain: number;
  readonly prices: Float64Array;
}

/**
 * Per stage and state, the greatest objective of everything still to choose, limits set aside; -Infinity where no
 * condition can be met from there. One more entry than stages: nothing is left to choose at the end.
 */
export function completions({ stages }: Trellis, objective: Objective): readonly Float64Array[] {
  let rest: Float64Array = new Float64Array(1);
  const all = [rest];
  for (const stage of [...stages].reverse()) {
    rest = bestCompletion(stage, objective, rest);
    all.push(rest);
  }
  return all.reverse();
}

function bestCompletion(stage: Stage, objective: Objective, rest: Float64Array): Float64Array {
  const { levels, states, next } = stage;
  const values = edgeValues(stage, objective);
  const best = new Float64Array(states).fill(Number.NEGATIVE_INFINITY);
  let edge = 0;
  for (let state = 0; state < states; state++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let level = 0; level < levels; level++) {
      const target = at(next, edge);
      const value = at(values, edge++) + (target < 0 ? Number.NEGATIVE_INFINITY : at(rest, target));
      if (value > most) most = value;
    }
    best[state] = most;
  }
  return best;
}

/** What every edge of a stage adds to the objective. */
export function edgeValues(
  { levels, states, gains, costs }: Stage,
  { gain, prices }: Objective,
): Float64Array {
  const values = new Float64Array(states * levels);
  for (let edge = 0; edge < values.length; edge++) values[edge] = gain * at(gains, edge % levels);
  for (const [q, amounts] of costs.entries()) {
    const price = at(prices, q);
    if (price === 0) continue;
    for (let edge = 0; edge < values.length; edge++)
      values[edge] = at(values, edge) - price * at(amounts, edge);
  }
  return values;
}

/** The choice of greatest objective, limits set aside (Viterbi); undefined where no choice meets the conditions. */
export function bestChoice(trellis: Trellis, objective: Objective): Choice | undefined {
  const rest = completions(trellis, objective);
  if (at(rest[0] ?? [], 0) === Number.NEGATIVE_INFINITY) return undefined;
  const levels = new Int32Array(trellis.stages.length);
  let state = 0;
  for (const [i, stage] of trellis.stages.entries()) {
    const edge = bestEdge(stage, state, objective, rest[i + 1] ?? new Float64Array());
    levels[i] = edge % stage.levels;
    state = at(stage.next, edge);
  }
  return evaluate(trellis, levels);
}

function bestEdge(
  { levels, gains, costs, next }: Stage,
  state: number,
  { gain, prices }: Objective,
  rest: Float64Array,
): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let level = 0; level < levels; level++) {
    const edge = state * levels + level;
    const target = at(next, edge);
    if (target < 0) continue;
    let value = gain * at(gains, level) + at(rest, target);
    for (const [q, amounts] of costs.entries()) value -= at(prices, q) * at(amounts, edge);
    if (value <= most) continue;
    best = edge;
    most = value;
  }
  return best;
}
