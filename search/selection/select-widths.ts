import { type Network, withWidths } from "../../src/network/network.ts";
import { type WidthGroup, widthGroups } from "../../src/network/width-groups.ts";
import type { Budget, CostModel } from "../cost-model.ts";
import {
  budgetedQuantities,
  budgetTooSmall,
  describeQuantity,
  isAdditive,
  meetsBudget,
  networkQuantities,
  type Quantities,
} from "../quantities.ts";
import { type OpenGroup, problemOf } from "./network-problem.ts";
import { at } from "./problem.ts";
import { solveSelection } from "./solve.ts";

/** A width that a group may take, and what that gains against its present one (negative: loses). */
export interface WidthOption {
  readonly width: number;
  readonly gain: number;
}

/** By group name; any widths, any gains. */
export type WidthOptions = ReadonlyMap<string, readonly WidthOption[]>;

export const onlyGroups = (options: WidthOptions, groups: readonly string[]): WidthOptions =>
  new Map([...options].filter(([group]) => groups.includes(group)));

export interface WidthRequest {
  readonly network: Network;
  /** The present width gains 0 unless it is listed. Groups not named stay. */
  readonly options: WidthOptions;
  readonly costs: CostModel;
  readonly budget: Budget;
}

/** The widths of greatest summed gain within the budget, and the proof. */
export interface WidthSelection {
  /** New widths by group name; groups that stay are absent. */
  readonly widths: ReadonlyMap<string, number>;
  /** The same by layer name, for `withWidths`. */
  readonly layerWidths: ReadonlyMap<string, number>;
  readonly gain: number;
  /** No selection within the budget gains more (proved). */
  readonly bound: number;
  /** (bound - gain) / bound: at most this fraction of what can be gained was missed; 0 where the optimum was proved. */
  readonly gap: number;
  /** What the network then costs, in the quantities budgeted. */
  readonly cost: Quantities;
  /** Gain per unit of each budgeted quantity that adds up over kernels; 0 where its limit does not bind. */
  readonly prices: Quantities;
  /** Why nothing was selected; absent when something was. */
  readonly reason?: string;
}

/**
 * Chooses a width for every group named, so that the summed gains are greatest within all limits of the budget at once,
 * at real costs of whole networks: steps, dips and products of neighbouring widths included (the multiple-choice form of
 * the knapsack of arXiv 1910.03103). Throws a UserError (exit "budget") when no widths among the options meet the budget.
 */
export function selectWidths(request: WidthRequest): WidthSelection {
  const { network, costs, budget } = request;
  const limited = budgetedQuantities(budget);
  const quantities = limited.filter(isAdditive);
  const open = openGroups(request);
  const solution = solveSelection(problemOf({ network, open, costs, budget, quantities }));
  const { choice, bound } = solution;
  if (!choice) throw budgetTooSmall(network, budget, leastCost(request, open, solution.leastCosts));

  const chosen = open
    .map(({ group, widths }, variable) => ({
      group,
      width: at(widths, at(choice.levels, variable)),
    }))
    .filter(({ group, width }) => width !== group.width);
  const layerWidths = layerWidthsOf(chosen);
  const cost = networkQuantities(withWidths(network, layerWidths), costs, limited);
  if (!meetsBudget(cost, budget))
    throw new Error(`Selected widths cost ${JSON.stringify(cost)}, over ${JSON.stringify(budget)}`);
  const reason = chosen.length === 0 ? whyNothing(open, cost, budget) : undefined;
  return {
    widths: new Map(chosen.map(({ group, width }) => [group.name, width])),
    layerWidths,
    gain: choice.gain,
    bound,
    gap: bound > choice.gain ? (bound - choice.gain) / Math.abs(bound) : 0,
    cost,
    prices: Object.fromEntries(quantities.map((quantity, q) => [quantity, at(solution.prices, q)])),
    ...(reason && { reason }),
  };
}

function openGroups({ network, options }: WidthRequest): readonly OpenGroup[] {
  const groups = widthGroups(network);
  for (const name of options.keys())
    if (!groups.some((group) => group.name === name))
      throw new Error(`Network "${network.name}" has no width group "${name}"`);
  return groups.flatMap((group) => {
    const listed = options.get(group.name);
    return listed === undefined ? [] : [openGroup(group, listed)];
  });
}

function openGroup(group: WidthGroup, listed: readonly WidthOption[]): OpenGroup {
  const gainOf = new Map([[group.width, 0]]);
  for (const { width, gain } of listed) {
    if (!Number.isFinite(gain)) throw new Error(`Group "${group.name}" gains ${gain} at ${width}`);
    if (!(Number.isInteger(width) && width > 0))
      throw new Error(`Group "${group.name}" cannot be ${width} wide`);
    gainOf.set(width, gain);
  }
  const sorted = [...gainOf].sort(([a], [b]) => a - b);
  return {
    group,
    widths: Int32Array.from(sorted, ([width]) => width),
    gains: Float64Array.from(sorted, ([, gain]) => gain),
    present: sorted.findIndex(([width]) => width === group.width),
  };
}

const layerWidthsOf = (
  chosen: readonly { readonly group: WidthGroup; readonly width: number }[],
): ReadonlyMap<string, number> =>
  new Map(
    chosen.flatMap(({ group, width }) => group.writers.map((writer) => [writer, width] as const)),
  );

/** The least that any widths among the options cost, in each limited quantity by itself. */
function leastCost(
  { network, costs, budget }: WidthRequest,
  open: readonly OpenGroup[],
  leastCosts: Float64Array,
): Quantities {
  const limited = budgetedQuantities(budget);
  const narrowest = withWidths(
    network,
    layerWidthsOf(open.map(({ group, widths }) => ({ group, width: at(widths, 0) }))),
  );
  const additive = limited.filter(isAdditive).map((quantity, q) => [quantity, at(leastCosts, q)]);
  return { ...networkQuantities(narrowest, costs, limited), ...Object.fromEntries(additive) };
}

function whyNothing(open: readonly OpenGroup[], cost: Quantities, budget: Budget): string {
  const gains = open.some((group) => group.gains.some((gain) => gain > 0));
  if (!gains) return "no width on offer gains anything";
  const left = budgetedQuantities(budget).map((quantity) =>
    describeQuantity(quantity, Math.max(0, (budget[quantity] ?? 0) - (cost[quantity] ?? 0))),
  );
  return `no width that gains fits what is left of the budget: ${left.join(", ")}`;
}
