import type { Network } from "../../src/network/network.ts";
import type { Budget } from "../cost-model.ts";
import { growingWidths } from "../group-widths.ts";
import type { SearchContext } from "../method.ts";
import { selectWidths } from "../selection/select-widths.ts";
import type { SplitMenus } from "../splitting/menu.ts";
import { splitOptions } from "../splitting/split-options.ts";
import { uniformOnStairs } from "./anchor.ts";

/** A way to grow within a step's limits. */
export interface Proposal {
  readonly label: string;
  /** New widths of the groups that grow. */
  readonly widths: ReadonlyMap<string, number>;
  /** Summed gains of the neurons chosen, and the most any choice could have gained. */
  readonly gain: number;
  readonly gainBound: number;
}

export interface ProposalRequest {
  readonly network: Network;
  readonly menus: SplitMenus;
  readonly limits: Budget;
}

/** Ways to spend the step: uniform growth, which the other has to beat, and the knapsack over all neurons' gains. */
export function growthProposals(
  request: ProposalRequest,
  context: SearchContext,
): readonly Proposal[] {
  const all = [uniformGrowth(request, context), knapsack(request, context)];
  return distinct(all.filter((proposal) => proposal !== undefined));
}

function knapsack(
  { network, menus, limits }: ProposalRequest,
  context: SearchContext,
): Proposal | undefined {
  const options = splitOptions(network, menus, context);
  const request = { network, options, costs: context.costs, budget: limits };
  const { widths, gain, bound } = selectWidths(request);
  return widths.size > 0 ? { label: "knapsack", widths, gain, gainBound: bound } : undefined;
}

/** Uniform widths at the step's limits, as far as doubling every group goes. */
function uniformGrowth(
  { network, menus, limits }: ProposalRequest,
  context: SearchContext,
): Proposal | undefined {
  const present = growingWidths(network);
  const caps = new Map(
    [...present].map(([group, width]) => {
      const most = menus.has(group) ? 2 * width : width;
      return [group, Math.min(most, Math.max(width, context.caps.get(group) ?? most))];
    }),
  );
  const uniform = uniformOnStairs({ ...context, caps, budget: limits, least: network });
  const widths = new Map(
    [...growingWidths(uniform)].filter(([group, width]) => width > (present.get(group) ?? width)),
  );
  return widths.size > 0 ? { label: "uniform", widths, gain: 0, gainBound: 0 } : undefined;
}

/** The first of those that come to the same widths. */
function distinct(proposals: readonly Proposal[]): readonly Proposal[] {
  const keyOf = ({ widths }: Proposal): string => JSON.stringify([...widths].sort());
  const seen = new Map(proposals.map((proposal) => [keyOf(proposal), proposal] as const).reverse());
  return proposals.filter((proposal) => seen.get(keyOf(proposal)) === proposal);
}
