import { at, type GrowthProblem, type Levels } from "./growth-problem.ts";

/**
 * Levels worth a row in the tables, per variable: all where there are at most `most`, else the ends, the
 * surroundings of `centre`, the ends of cost steps seen from there, and a grid.
 */
export function candidateLevels(
  problem: GrowthProblem,
  centre: Levels,
  most: number,
): readonly Int32Array[] {
  return problem.gains.map(({ length }, variable) =>
    length <= most
      ? Int32Array.from({ length }, (_, level) => level)
      : thinnedLevels(costsAlong(problem, centre, variable), at(centre, variable), most),
  );
}

function thinnedLevels(costs: Float64Array, centre: number, most: number): Int32Array {
  const last = costs.length - 1;
  const reach = Math.floor(most / 8);
  const near = Array.from({ length: 2 * reach + 1 }, (_, i) => centre - reach + i);
  const chosen = new Set([0, last, ...near.filter((level) => level >= 0 && level <= last)]);
  for (const level of spreadAround(stepEnds(costs), centre, Math.floor(most / 2)))
    chosen.add(level);
  const free = most - chosen.size;
  for (let i = 1; i <= free; i++) chosen.add(Math.round((i * last) / (free + 1)));
  return Int32Array.from(chosen).sort();
}

/** At most `most` of the levels: half of them the nearest to `centre`, the others evenly from the rest. */
function spreadAround(levels: readonly number[], centre: number, most: number): readonly number[] {
  const byDistance = [...levels].sort((a, b) => Math.abs(a - centre) - Math.abs(b - centre));
  const near = byDistance.splice(0, Math.ceil(most / 2));
  const stride = Math.max(1, byDistance.length / (most - near.length));
  const far = near.map((_, i) => byDistance[Math.floor((i + 0.5) * stride)]);
  return [...near, ...far.filter((level) => level !== undefined)];
}

/** Last levels of cost steps and first levels of cost dips, ascending; none where cost changes evenly. */
export function stepEnds(costs: Float64Array): readonly number[] {
  const changes = Array.from(costs.subarray(1), (cost, level) => cost - at(costs, level));
  const sizes = changes.map(Math.abs).sort((a, b) => a - b);
  const usual = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const largest = sizes[sizes.length - 1] ?? 0;
  const ends = changes.flatMap((change, level) => {
    if (Math.abs(change) <= Math.max(2 * usual, 1e-9 * largest)) return [];
    return [change > 0 ? level : level + 1];
  });
  return [...new Set(ends)];
}

/** Costs along one variable with the others held: the sum over quantities, each as a fraction of its limit. */
function costsAlong(problem: GrowthProblem, centre: Levels, variable: number): Float64Array {
  const touching = problem.terms.filter(({ variables }) => variables.some((v) => v === variable));
  return Float64Array.from({ length: problem.gains[variable]?.length ?? 0 }, (_, level) => {
    let sum = 0;
    for (const { variables, costs } of touching) {
      const [first, second = -1] = variables.map((v) => (v === variable ? level : at(centre, v)));
      const amounts = costs(first ?? 0, Math.max(0, second));
      for (const [q, amount] of amounts.entries()) sum += amount / at(problem.limits, q);
    }
    return sum;
  });
}
