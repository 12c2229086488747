import { type Network, withWidths } from "../../src/network/network.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import { uniformWidths, widestWithin } from "../baselines/uniform.ts";
import type { Budget } from "../cost-model.ts";
import type { SearchContext } from "../method.ts";
import { requireFit } from "../require-fit.ts";
import { candidateWidths } from "../selection/candidate-widths.ts";

/** Pruning starts from networks that cost this many times the budget: more is mostly training what is thrown away. */
const excess = 2;

export interface PruningStart {
  readonly network: Network;
  /** Widths that groups may be pruned to, ascending, by group name. */
  readonly candidates: ReadonlyMap<string, readonly number[]>;
}

/** The uniform network to prune, and what it may become. Throws a UserError (exit "budget") where nothing of it fits. */
export function pruningStart(context: SearchContext): PruningStart {
  const { reference, caps, budget } = context;
  const { network } = uniformWidths({
    ...context,
    budget: timesBudget(budget, excess),
    largest: widestWithin(reference, caps),
  });
  const candidates = narrowerWidths(network, context);
  const narrowest = new Map(
    widthGroups(network).flatMap(({ name, writers }) => {
      const [least] = candidates.get(name) ?? [];
      return least === undefined ? [] : writers.map((writer) => [writer, least] as const);
    }),
  );
  requireFit(withWidths(network, narrowest), context);
  return { network, candidates };
}

/** Widths worth having up to the network's own, by group. */
export const narrowerWidths = (
  network: Network,
  { costs, budget, granularity }: SearchContext,
): ReadonlyMap<string, readonly number[]> =>
  candidateWidths({
    network,
    costs,
    budget,
    granularity,
    caps: new Map(widthGroups(network).map(({ name, width }) => [name, width])),
  });

const timesBudget = (budget: Budget, factor: number): Budget =>
  Object.fromEntries(Object.entries(budget).map(([quantity, limit]) => [quantity, factor * limit]));
