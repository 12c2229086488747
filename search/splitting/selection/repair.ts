import { excess, type Growth, type GrowthProblem } from "./growth-problem.ts";
import { createNeighbourhood, type Move, type Neighbourhood, type Step } from "./neighbourhood.ts";

/**
 * Local search from a feasible growth: fills what is left of the budget with one variable, else trades the
 * levels of two and fills again, until nothing that fits gains more or `enough` is gained.
 */
export function improve(
  problem: GrowthProblem,
  start: Growth,
  { anchors, enough }: { readonly anchors: readonly Int32Array[]; readonly enough: number },
): Growth {
  const neighbourhood = createNeighbourhood(problem, anchors);
  let growth = start;
  while (growth.gain < enough) {
    const steps = neighbourhood.stepsFrom(growth);
    const better =
      bestFill(neighbourhood, growth, steps.flat()) ?? bestTrade(neighbourhood, growth, steps);
    if (better.length === 0) return growth;
    growth = neighbourhood.after(growth, better);
  }
  return growth;
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
  { stepsFrom, excessAfter }: Neighbourhood,
  growth: Growth,
  over: number,
): Move | undefined {
  let best: Move | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const step of stepsFrom(growth).flat()) {
    const removed = over - excessAfter(growth, step);
    const loss = -step.gain / removed;
    // Sums in another order may seem to remove a rounding error: that is no progress.
    if (removed < 1e-9 * over || loss >= least) continue;
    best = step;
    least = loss;
  }
  return best;
}

function bestFill(
  { excessAfter }: Neighbourhood,
  growth: Growth,
  steps: readonly Step[],
): readonly Move[] | undefined {
  let best: Step | undefined;
  for (const step of steps)
    if (step.gain > (best?.gain ?? 0) && excessAfter(growth, step) === 0) best = step;
  return best && [best];
}

/** The two steps of different variables that gain most together; none where no pair gains and fits. */
function bestTrade(
  { excessAfter }: Neighbourhood,
  growth: Growth,
  steps: readonly (readonly Step[])[],
): readonly Move[] {
  let best: readonly Move[] = [];
  let most = 1e-12 * growth.gain;
  for (const [index, own] of steps.entries()) {
    const others = steps.slice(index + 1).flat();
    for (const one of own)
      for (const other of others) {
        const gain = one.gain + other.gain;
        if (gain <= most || excessAfter(growth, one, other) > 0) continue;
        best = [one, other];
        most = gain;
      }
  }
  return best;
}
