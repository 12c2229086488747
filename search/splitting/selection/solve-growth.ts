import { candidateLevels } from "./candidates.ts";
import { type CostTables, tabulate } from "./cost-tables.ts";
import { at, evaluate, excess, type Growth, type GrowthProblem } from "./growth-problem.ts";
import { cheapest, type DualSearch, searchMultipliers } from "./multipliers.ts";
import { improve, reduce } from "./repair.ts";

/** The best growth found, and how much better one could be. */
export interface GrowthSolution {
  /** Feasible; absent where none was found. */
  readonly growth?: Growth;
  /** Per limited quantity, the least cost of any levels, regardless of the other quantities. */
  readonly leastCosts: Float64Array;
  /** No feasible growth over the tabulated levels gains more (weak duality). */
  readonly bound: number;
  /** True if every level was tabulated, so that the bound holds for all. */
  readonly complete: boolean;
  /** Gain per unit of each limited quantity at the bound. */
  readonly multipliers: Float64Array;
}

/**
 * Lagrangian relaxation solved exactly along the network, then repair by local moves. Where variables have more
 * than `mostLevels` levels, the tables are thinned, and refined around the answer while that gains.
 */
export function solveGrowth(problem: GrowthProblem, { mostLevels = 32 } = {}): GrowthSolution {
  const complete = problem.gains.every(({ length }) => length <= mostLevels);
  const present = evaluate(problem, new Int32Array(problem.gains.length));
  let solution = solveOver(problem, [present], mostLevels);
  for (let refinement = 0; !complete && refinement < mostRefinements; refinement++) {
    const { growth } = solution;
    if (!growth) break;
    const refined = solveOver(problem, [growth, present], mostLevels);
    const isBetter = (refined.growth?.gain ?? 0) > growth.gain * (1 + worthRefining);
    solution = refined;
    if (!isBetter) break;
  }
  return { ...solution, complete };
}

const mostRefinements = 4;
const worthRefining = 1e-3;

function solveOver(problem: GrowthProblem, known: readonly Growth[], mostLevels: number) {
  const centre = known[0]?.levels ?? new Int32Array(problem.gains.length);
  const candidates = candidateLevels(problem, centre, mostLevels);
  const tables = tabulate(problem, candidates);
  const dual = searchMultipliers(tables);
  const enough = dual.bound * (1 - closeEnough);
  let growth: Growth | undefined;
  for (const start of startsOf(tables, dual, known)) {
    const improved = improve(problem, start, { anchors: candidates, enough });
    if (!growth || improved.gain > growth.gain) growth = improved;
    if (growth.gain >= enough) break;
  }
  return {
    ...(growth && { growth }),
    leastCosts: problem.limits.map((_, q) => at(cheapest(tables, q).costs, q)),
    bound: Math.max(dual.bound, growth?.gain ?? dual.bound),
    multipliers: dual.multipliers,
  };
}

/** Repair stops at this fraction below the bound. */
const closeEnough = 1e-4;
const startsPerKind = 3;

/** Feasible growths to repair: the best seen, and those of least Lagrangian brought back under the limits. */
function startsOf(tables: CostTables, dual: DualSearch, known: readonly Growth[]): Growth[] {
  const { problem, candidates } = tables;
  const seen = [
    ...known,
    ...Array.from(problem.limits, (_, q) => cheapest(tables, q)),
    ...dual.visited,
  ].map(({ levels }) => evaluate(problem, levels));
  const feasible = seen
    .filter(({ costs }) => excess(problem, costs) === 0)
    .sort((a, b) => b.gain - a.gain);
  const reduced = [...dual.visited]
    .sort((a, b) => a.value - b.value)
    .map(({ levels }) => evaluate(problem, levels))
    .filter(({ costs }) => excess(problem, costs) > 0)
    .slice(0, startsPerKind)
    .map((growth) => reduce(problem, growth, candidates))
    .filter((growth) => growth !== undefined);
  return [...distinct(feasible).slice(0, startsPerKind), ...reduced];
}

function distinct(growths: readonly Growth[]): Growth[] {
  return [...new Map(growths.map((growth) => [growth.levels.join(), growth])).values()];
}
