import { type Network, withWidths } from "../../../src/network/network.ts";
import { type WidthGroup, widthGroups } from "../../../src/network/width-groups.ts";
import type { Budget, CostModel } from "../../cost-model.ts";
import {
  budgetedQuantities,
  budgetTooSmall,
  describeQuantity,
  isAdditive,
  meetsBudget,
  networkQuantities,
  type Quantities,
  type Quantity,
} from "../../quantities.ts";
import { at } from "./growth-problem.ts";
import { type GrowingGroup, growthProblemOf } from "./network-growth.ts";
import { type GrowthSolution, solveGrowth } from "./solve-growth.ts";

export interface SelectionRequest {
  readonly network: Network;
  /**
   * By group name, what each neuron gains if split (-lambda times the step's scale). Only positive gains
   * count, the largest first; a neuron splits at most once, so a group at most doubles.
   */
  readonly gains: ReadonlyMap<string, readonly number[]>;
  readonly costs: CostModel;
  readonly budget: Budget;
  /** Widest width by group name; a group not named may double. */
  readonly caps?: ReadonlyMap<string, number>;
  /** A group that grows ends at a multiple of this; 1 when absent. */
  readonly granularity?: number;
}

/** How many neurons each group gains. */
export interface Selection {
  /** Neurons added, by group name; groups that stay are absent. Split the ones of largest gain. */
  readonly added: ReadonlyMap<string, number>;
  /** New widths by layer name, for `withWidths`. */
  readonly widths: ReadonlyMap<string, number>;
  readonly gain: number;
  /** What the grown network costs, in the quantities budgeted. */
  readonly cost: Quantities;
  /** Gain per unit of each budgeted quantity; 0 where its limit does not bind. */
  readonly multipliers: Quantities;
  readonly bound: SelectionBound;
  /** Why nothing was added; absent when something was. */
  readonly reason?: string;
}

interface SelectionBound {
  /** No selection within the budget gains more than this (Lagrangian dual bound). */
  readonly gain: number;
  /** (bound - gain) / bound: at most this fraction of the attainable gain was missed. */
  readonly gap: number;
  /** False if wide groups were thinned, so that the bound holds over the widths tried only. */
  readonly coversAllWidths: boolean;
}

/**
 * Maximises the summed gain of splits within the budget, with real costs of whole networks: steps, dips and
 * products of neighbouring widths included (extends the knapsack of arXiv 1910.03103). Throws a UserError
 * (exit "budget") when not even the smallest network fits.
 */
export function selectNeurons(request: SelectionRequest): Selection {
  const { network, costs, budget } = request;
  const quantities = budgetedQuantities(budget).filter(isAdditive);
  const growing = widthGroups(network).flatMap((group) => growingGroup(group, request));
  const solution = solveGrowth(growthProblemOf({ network, growing, costs, budget, quantities }));
  const { growth, leastCosts } = solution;
  if (!growth) throw budgetTooSmall(network, budget, named(quantities, leastCosts));

  const grown = growing
    .map((group, variable) => ({ ...group, level: at(growth.levels, variable) }))
    .filter(({ level }) => level > 0)
    .map(({ group, widths, level }) => ({ group, width: at(widths, level) }));
  const widths = new Map(
    grown.flatMap(({ group, width }) => group.writers.map((writer) => [writer, width] as const)),
  );
  const cost = networkQuantities(withWidths(network, widths), costs, quantities);
  if (!meetsBudget(cost, budget))
    throw new Error(`Selected widths cost ${JSON.stringify(cost)}, over ${JSON.stringify(budget)}`);
  const reason = grown.length === 0 ? whyNothing(growing, cost, budget, quantities) : undefined;
  return {
    added: new Map(grown.map(({ group, width }) => [group.name, width - group.width])),
    widths,
    gain: growth.gain,
    cost,
    multipliers: named(quantities, solution.multipliers),
    bound: boundOf(growth.gain, solution),
    ...(reason && { reason }),
  };
}

/** The widths a group may take; none if it cannot grow. */
function growingGroup(
  group: WidthGroup,
  { gains, caps, granularity = 1 }: SelectionRequest,
): readonly GrowingGroup[] {
  const all = gains.get(group.name) ?? [];
  if (all.some(Number.isNaN)) throw new Error(`A gain of group ${group.name} is not a number`);
  const positive = all.filter((gain) => gain > 0).sort((a, b) => b - a);
  const widest = Math.min(
    caps?.get(group.name) ?? Number.POSITIVE_INFINITY,
    group.width + Math.min(positive.length, group.width),
  );
  const widths = [group.width];
  const sums = [0];
  let sum = 0;
  for (let width = group.width + 1; width <= widest; width++) {
    sum += positive[width - group.width - 1] ?? 0;
    if (width % granularity !== 0) continue;
    widths.push(width);
    sums.push(sum);
  }
  if (widths.length === 1) return [];
  return [{ group, widths: Int32Array.from(widths), gains: Float64Array.from(sums) }];
}

const named = (quantities: readonly Quantity[], amounts: Float64Array): Quantities =>
  Object.fromEntries(quantities.map((quantity, q) => [quantity, at(amounts, q)]));

const boundOf = (gain: number, { bound, complete }: GrowthSolution): SelectionBound => ({
  gain: bound,
  gap: bound > 0 ? (bound - gain) / bound : 0,
  coversAllWidths: complete,
});

function whyNothing(
  growing: readonly GrowingGroup[],
  cost: Quantities,
  budget: Budget,
  quantities: readonly Quantity[],
): string {
  if (growing.length === 0) return "no neuron has a positive gain and room to split";
  const left = quantities.map((quantity) =>
    describeQuantity(quantity, Math.max(0, (budget[quantity] ?? 0) - (cost[quantity] ?? 0))),
  );
  return `no split fits what is left of the budget: ${left.join(", ")}`;
}
