import { at, evaluate, excess, type Growth, type GrowthProblem } from "./growth-problem.ts";

/** Puts one variable to another level. */
export interface Move {
  readonly variable: number;
  readonly level: number;
}

/** The growths one or a few moves away from another, with what they gain and cost. */
export interface Neighbourhood {
  /** Per variable, the moves worth trying from a growth: near levels, and the nearest anchors on both sides. */
  movesFrom(growth: Growth): readonly (readonly Move[])[];
  /** Gain a move adds; negative where it takes neurons away. */
  gained(growth: Growth, move: Move): number;
  /** Excess over the limits after the moves; 0 if they fit. */
  excessAfter(growth: Growth, moves: readonly Move[]): number;
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
  const costsAfter = (growth: Growth, moves: readonly Move[]): Float64Array => {
    const { levels } = growth;
    const moved = moves.length === 0 ? levels : withMoves(levels, moves);
    const costs = Float64Array.from(growth.costs);
    for (const term of new Set(moves.flatMap(({ variable }) => touching[variable] ?? []))) {
      const [first, second = first] = term.variables;
      const before = term.costs(at(levels, first), at(levels, second));
      const after = term.costs(at(moved, first), at(moved, second));
      for (let q = 0; q < costs.length; q++) costs[q] = at(costs, q) + at(after, q) - at(before, q);
    }
    return costs;
  };
  return {
    movesFrom: ({ levels }) =>
      anchors.map((own, variable) =>
        nearLevels(own, at(levels, variable), problem.gains[variable]?.length ?? 0).map(
          (level) => ({ variable, level }),
        ),
      ),
    gained: ({ levels }, { variable, level }) => {
      const gains = problem.gains[variable] ?? new Float64Array();
      return at(gains, level) - at(gains, at(levels, variable));
    },
    excessAfter: (growth, moves) => excess(problem, costsAfter(growth, moves)),
    after: ({ levels }, moves) => evaluate(problem, withMoves(levels, moves)),
  };
}

function withMoves(levels: Int32Array, moves: readonly Move[]): Int32Array {
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
