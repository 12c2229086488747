import { excess, type Growth, type GrowthProblem } from "./growth-problem.ts";
import { createNeighbourhood, type Move, type Neighbourhood } from "./neighbourhood.ts";

/**
 * Local search from a feasible growth: fills what is left of the budget with one variable, else trades the
 * levels of two and fills again, until nothing that fits gains more.
 */
export function improve(
  problem: GrowthProblem,
  start: Growth,
  anchors: readonly Int32Array[],
): Growth {
  const neighbourhood = createNeighbourhood(problem, anchors);
  let growth = start;
  for (;;) {
    const moves = neighbourhood.movesFrom(growth);
    const better =
      bestFill(neighbourhood, growth, moves.flat()) ?? bestTrade(neighbourhood, growth, moves);
    if (better.length === 0) return growth;
    growth = neighbourhood.after(growth, better);
  }
}

/**
 * Makes an infeasible growth feasible, by the moves that lose least gain per excess removed.
 * Undefined where moves of one variable lead no further.
 */
export function reduce(
  problem: GrowthProblem,
  start: Growth,
  anchors: readonly Int32Array[],
): Growth | undefined {
  const neighbourhood = createNeighbourhood(problem, anchors);
  let growth = start;
  for (let over = excess(problem, growth.costs); over > 0; over = excess(problem, growth.costs)) {
    const move = cheapestReduction(neighbourhood, growth, over);
    if (!move) return undefined;
    growth = neighbourhood.after(growth, [move]);
  }
  return growth;
}

function cheapestReduction(
  { movesFrom, gained, excessAfter }: Neighbourhood,
  growth: Growth,
  over: number,
): Move | undefined {
  let best: Move | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const move of movesFrom(growth).flat()) {
    const removed = over - excessAfter(growth, [move]);
    const loss = -gained(growth, move) / removed;
    // Sums in another order may seem to remove a rounding error: that is no progress.
    if (removed < 1e-9 * over || loss >= least) continue;
    best = move;
    least = loss;
  }
  return best;
}

function bestFill(
  { gained, excessAfter }: Neighbourhood,
  growth: Growth,
  moves: readonly Move[],
): readonly Move[] | undefined {
  let best: readonly Move[] | undefined;
  let most = 0;
  for (const move of moves) {
    const gain = gained(growth, move);
    if (gain <= most || excessAfter(growth, [move]) > 0) continue;
    best = [move];
    most = gain;
  }
  return best;
}

/** The two moves of different variables that gain most together; none where no pair gains and fits. */
function bestTrade(
  { gained, excessAfter }: Neighbourhood,
  growth: Growth,
  moves: readonly (readonly Move[])[],
): readonly Move[] {
  let best: readonly Move[] = [];
  let most = 1e-12 * growth.gain;
  const withGains = moves.map((own) => own.map((move) => ({ move, gain: gained(growth, move) })));
  for (const [index, own] of withGains.entries()) {
    const others = withGains.slice(index + 1).flat();
    for (const one of own)
      for (const other of others) {
        const gain = one.gain + other.gain;
        if (gain <= most || excessAfter(growth, [one.move, other.move]) > 0) continue;
        best = [one.move, other.move];
        most = gain;
      }
  }
  return best;
}
