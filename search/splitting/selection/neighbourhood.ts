import {
  at,
  type CostTerm,
  evaluate,
  excess,
  type Growth,
  type GrowthProblem,
  type Levels,
  termCosts,
} from "./growth-problem.ts";

/** Puts one variable to another level. */
export interface Move {
  readonly variable: number;
  readonly level: number;
}

/** A move with what it does to a growth. */
export interface Step extends Move {
  /** Gain added; negative where neurons are taken away. */
  readonly gain: number;
  /** Costs added, per limited quantity. */
  readonly change: Float64Array;
}

/** The growths one or two moves away from another. */
export interface Neighbourhood {
  /** Per variable, the steps worth trying from a growth: near levels, and the nearest anchors on both sides. */
  stepsFrom(growth: Growth): readonly (readonly Step[])[];
  /** Excess over the limits after one step, or two of different variables; 0 if they fit. */
  excessAfter(growth: Growth, one: Step, other?: Step): number;
  after(growth: Growth, moves: readonly Move[]): Growth;
}

const distances = [1, 2, 3, 4, 6, 8, 12, 16];
const anchorsPerSide = 4;

/** `anchors` are levels of interest per variable, ascending: the ends of cost steps among them. */
export function createNeighbourhood(
  problem: GrowthProblem,
  anchors: readonly Int32Array[],
): Neighbourhood {
  const touching = problem.gains.map((_, variable) =>
    problem.terms.filter(({ variables }) => variables.some((other) => other === variable)),
  );
  const coupling = couplingTerms(problem);
  const costsAfter = new Float64Array(problem.limits.length);
  const step = ({ levels }: Growth, move: Move): Step => {
    const gains = problem.gains[move.variable] ?? new Float64Array();
    const gain = at(gains, move.level) - at(gains, at(levels, move.variable));
    return { ...move, gain, change: changeOf(touching[move.variable] ?? [], levels, [move]) };
  };
  return {
    stepsFrom: (growth) =>
      anchors.map((own, variable) =>
        nearLevels(own, at(growth.levels, variable), problem.gains[variable]?.length ?? 0).map(
          (level) => step(growth, { variable, level }),
        ),
      ),
    excessAfter: ({ levels, costs }, one, other) => {
      costsAfter.set(costs);
      add(costsAfter, one.change);
      if (other) {
        add(costsAfter, other.change);
        // Changes of one variable each miss what the two do to the costs they share.
        const shared = coupling[one.variable]?.get(other.variable);
        if (shared) {
          add(costsAfter, changeOf(shared, levels, [one, other]));
          add(costsAfter, changeOf(shared, levels, [one]), -1);
          add(costsAfter, changeOf(shared, levels, [other]), -1);
        }
      }
      return excess(problem, costsAfter);
    },
    after: ({ levels }, moves) => evaluate(problem, withMoves(levels, moves)),
  };
}

/** Per variable, the cost terms it shares with each other variable. */
function couplingTerms(problem: GrowthProblem): readonly Map<number, CostTerm[]>[] {
  const shared = problem.gains.map(() => new Map<number, CostTerm[]>());
  for (const term of problem.terms) {
    const [first, second] = term.variables;
    if (second === undefined) continue;
    const terms = shared[first]?.get(second) ?? [];
    terms.push(term);
    shared[first]?.set(second, terms);
    shared[second]?.set(first, terms);
  }
  return shared;
}

/** What the moves change in the sum of the terms. */
function changeOf(terms: readonly CostTerm[], levels: Levels, moves: readonly Move[]) {
  const moved = withMoves(levels, moves);
  let change: Float64Array | undefined;
  for (const term of terms) {
    const after = termCosts(term, moved);
    change ??= new Float64Array(after.length);
    add(change, after);
    add(change, termCosts(term, levels), -1);
  }
  return change ?? new Float64Array();
}

function add(target: Float64Array, values: Float64Array, factor = 1): void {
  for (let i = 0; i < values.length; i++) target[i] = at(target, i) + factor * at(values, i);
}

function withMoves(levels: Levels, moves: readonly Move[]): Levels {
  const moved = Int32Array.from(levels);
  for (const { variable, level } of moves) moved[variable] = level;
  return moved;
}

function nearLevels(anchors: Int32Array, level: number, size: number): readonly number[] {
  const near = distances.flatMap((distance) => [level - distance, level + distance]);
  const below = anchors.filter((anchor) => anchor < level).slice(-anchorsPerSide);
  const above = anchors.filter((anchor) => anchor > level).slice(0, anchorsPerSide);
  const levels = new Set([0, size - 1, ...near, ...below, ...above]);
  return [...levels].filter((other) => other >= 0 && other < size && other !== level);
}
