import {
  type OperatorSpace,
  type Path,
  pathNetwork,
  pathParts,
} from "../../src/network/blocks/operator-space.ts";
import { networkPeakMemory_bytes } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import type { SearchContext } from "../method.ts";
import {
  budgetedQuantities,
  budgetTooSmall,
  isAdditive,
  meetsBudget,
  meetsLimit,
  networkQuantities,
  overheadQuantity,
} from "../quantities.ts";
import type { SelectionProblem } from "../selection/problem.ts";
import { solveSelection } from "../selection/solve.ts";
import { partCost } from "./operator-costs.ts";
import type { LayerOperator } from "./operator-space.ts";

export type PathLimits = Pick<SearchContext, "costs" | "budget">;

/** True if the path's network meets every limit. */
export function isWithin(space: OperatorSpace, path: Path, { costs, budget }: PathLimits): boolean {
  const network = pathNetwork(space, path);
  return meetsBudget(networkQuantities(network, costs, budgetedQuantities(budget)), budget);
}

/**
 * Where a search begins: the best operator of every block; where these do not fit the budget together, the path of most capacity
 * that does, of all there are (`choices`, best first). Throws a UserError (exit "budget") where none fits.
 */
export function firstPath(
  space: OperatorSpace,
  choices: readonly (readonly LayerOperator[])[],
  limits: PathLimits,
): Path {
  const best = choices.map(([first]) => first?.name ?? "");
  if (isWithin(space, best, limits)) return best;
  const { choice, leastCosts } = solveSelection(capacityProblem(space, choices, limits));
  const path = choice && choices.map((pool, block) => pool[choice.levels[block] ?? 0]?.name ?? "");
  if (path && isWithin(space, path, limits)) return path;
  const quantities = budgetedQuantities(limits.budget).filter(isAdditive);
  const least = Object.fromEntries(quantities.map((quantity, q) => [quantity, leastCosts[q]]));
  throw budgetTooSmall(pathNetwork(space, best), limits.budget, least);
}

/** Most multiply-accumulates under all limits: parts add up, but for peak memory, which each part must meet by itself. */
function capacityProblem(
  space: OperatorSpace,
  choices: readonly (readonly LayerOperator[])[],
  { costs, budget }: PathLimits,
): SelectionProblem {
  const quantities = budgetedQuantities(budget).filter(isAdditive);
  const columns = Math.max(...choices.map((pool) => pool.length));
  const parts = Array.from({ length: columns }, (_, column) =>
    pathParts(
      space,
      choices.map((pool) => pool[Math.min(column, pool.length - 1)]?.name ?? ""),
    ),
  );
  const partAt = (column: number, part: number): Network => {
    const network = parts[column]?.at(part);
    if (!network) throw new Error(`${space.name} has no part ${part}`);
    return network;
  };
  const costOf = (column: number, part: number): Float64Array =>
    Float64Array.from(quantities, (quantity) => partCost(partAt(column, part), quantity, costs));
  const { peakMemory_bytes: memory_bytes = Number.POSITIVE_INFINITY } = budget;
  const around = [costOf(0, 0), costOf(0, -1)];
  return {
    gains: choices.map((pool) => Float64Array.from(pool, ({ macs }) => macs)),
    present: choices.map(() => 0),
    terms: choices.map((_, block) => ({
      variables: [block],
      costs: ([level = 0]) => costOf(level, block + 1),
    })),
    constant: Float64Array.from(
      quantities,
      (quantity, q) =>
        overheadQuantity(quantity, costs) + around.reduce((sum, cost) => sum + (cost[q] ?? 0), 0),
    ),
    limits: Float64Array.from(
      quantities,
      (quantity) => budget[quantity] ?? Number.POSITIVE_INFINITY,
    ),
    conditions: choices.map((_, block) => ({
      variables: [block],
      holds: ([level = 0]) =>
        meetsLimit(networkPeakMemory_bytes(partAt(level, block + 1)), memory_bytes),
    })),
  };
}
