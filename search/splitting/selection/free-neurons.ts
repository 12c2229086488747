import { type Network, withWidths } from "../../../src/network/network.ts";
import { widthGroups } from "../../../src/network/width-groups.ts";
import type { Budget, CostModel } from "../../cost-model.ts";
import { budgetedQuantities, isAdditive } from "../../quantities.ts";
import { at, evaluate, excess, type GrowthProblem, type Levels } from "./growth-problem.ts";
import { growthProblemOf } from "./network-growth.ts";

export interface FreeNeuronsRequest {
  readonly network: Network;
  readonly costs: CostModel;
  readonly budget: Budget;
  /** Widest width by group name; a group not named may double. */
  readonly caps?: ReadonlyMap<string, number>;
  /** Neurons already to be added by group name; the free ones come on top, within doubling. */
  readonly added?: ReadonlyMap<string, number>;
  /** A group that grows ends at a multiple of this; 1 when absent. */
  readonly granularity?: number;
  /** What counts as free: a rise of the group's own kernels' cost by at most this fraction. */
  readonly tolerance?: number;
}

/**
 * Neurons that the current stairs of the cost table leave free, by group name: the most each group can gain
 * without costing more, groups in network order, all of them together still within the budget. Single-writer
 * groups only, since only those split.
 */
export function freeNeurons(request: FreeNeuronsRequest): ReadonlyMap<string, number> {
  const { network, costs, budget, caps, added, granularity = 1, tolerance = 1e-3 } = request;
  const quantities = budgetedQuantities(budget).filter(isAdditive);
  const extra = (name: string) => added?.get(name) ?? 0;
  const groups = widthGroups(network).filter(
    ({ writers, consumers }) => writers.length === 1 && consumers.length > 0,
  );
  const growing = groups.map((group) => {
    const start = group.width + extra(group.name);
    const widest = Math.max(
      start,
      Math.min(caps?.get(group.name) ?? 2 * group.width, 2 * group.width),
    );
    const widths = Int32Array.from(
      { length: widest - start + 1 },
      (_, level) => start + level,
    ).filter((width) => width === start || width % granularity === 0);
    return { group, widths, gains: new Float64Array(widths.length) };
  });
  const grown = withWidths(
    network,
    new Map(groups.map(({ name, width }) => [name, width + extra(name)])),
  );
  const problem = growthProblemOf({ network: grown, growing, costs, budget, quantities });
  const levels = new Int32Array(growing.length);
  for (const variable of levels.keys())
    levels[variable] = freeLevel(problem, levels, variable, tolerance);
  return new Map(
    growing.flatMap(({ group, widths }, variable) => {
      const free = at(widths, at(levels, variable)) - at(widths, 0);
      return free > 0 ? [[group.name, free] as const] : [];
    }),
  );
}

/** The highest level of one variable that is free with the others held. */
function freeLevel(
  problem: GrowthProblem,
  levels: Levels,
  variable: number,
  tolerance: number,
): number {
  const own = problem.terms.filter(({ variables }) => variables.some((v) => v === variable));
  const part = { ...problem, terms: own, constant: new Float64Array(problem.constant.length) };
  const before = evaluate(part, levels).costs;
  const total = evaluate(problem, levels).costs;
  const tried = Int32Array.from(levels);
  for (let level = (problem.gains[variable]?.length ?? 1) - 1; level > 0; level--) {
    tried[variable] = level;
    const after = evaluate(part, tried).costs;
    const isFree = after.every((cost, q) => cost <= at(before, q) * (1 + tolerance));
    const costs = total.map((cost, q) => cost + at(after, q) - at(before, q));
    if (isFree && excess(problem, costs) === 0) return level;
  }
  return 0;
}
