import type { Network } from "../../src/network/network.ts";
import type { Budget } from "../cost-model.ts";
import { growingWidths } from "../group-widths.ts";
import type { SearchContext } from "../method.ts";
import { onlyGroups, selectWidths, type WidthOptions } from "../selection/select-widths.ts";
import type { SplitMenus } from "../splitting/menu.ts";
import { splitOptions } from "../splitting/split-options.ts";
import { stagesOf } from "../stages.ts";
import { uniformOnStairs } from "./anchor.ts";

/** A way to grow within a step's limits. */
export interface Proposal {
  readonly label: string;
  /** New widths of the groups that grow. */
  readonly widths: ReadonlyMap<string, number>;
  /** Summed gains of the neurons chosen, calibrated, and the most any choice could have gained. */
  readonly gain: number;
  readonly gainBound: number;
}

export interface ProposalRequest {
  readonly network: Network;
  readonly menus: SplitMenus;
  /** What a stage's gains are worth, by stage; 1 where nothing was learnt yet. */
  readonly factors: Readonly<Record<string, number>>;
  readonly limits: Budget;
}

/**
 * Ways to spend the step: uniform growth, which every other has to beat, the knapsack over all groups by calibrated gains,
 * and each stage by itself (the directions rank neurons within a layer, not stages among each other).
 */
export function growthProposals(
  request: ProposalRequest,
  context: SearchContext,
): readonly Proposal[] {
  const options = calibrated(request, context);
  const stages = stagesOf(request.network);
  const alone = [...stages].map(([stage, groups]) =>
    knapsack(stagePrefix + stage, request, onlyGroups(options, groups), context),
  );
  const all = [
    uniformGrowth(request, context),
    knapsack("knapsack", request, options, context),
    ...alone,
  ];
  return distinct(all.filter((proposal) => proposal !== undefined));
}

const stagePrefix = "stage ";

/** The stage that a proposal grew alone, by its label. */
export const stageOfLabel = (label: string): string | undefined =>
  label.startsWith(stagePrefix) ? label.slice(stagePrefix.length) : undefined;

/** Splits on offer, their gains times what their stage's are worth. */
function calibrated(
  { network, menus, factors }: Pick<ProposalRequest, "network" | "menus" | "factors">,
  context: SearchContext,
): WidthOptions {
  const options = splitOptions(network, menus, context);
  const worth = new Map(
    [...stagesOf(network)].flatMap(([stage, groups]) =>
      groups.map((group) => [group, factors[stage] ?? 1] as const),
    ),
  );
  return new Map(
    [...options].map(([group, offered]) => [
      group,
      offered.map(({ width, gain }) => ({ width, gain: gain * (worth.get(group) ?? 1) })),
    ]),
  );
}

function knapsack(
  label: string,
  { network, limits }: ProposalRequest,
  options: WidthOptions,
  { costs }: SearchContext,
): Proposal | undefined {
  const { widths, gain, bound } = selectWidths({ network, options, costs, budget: limits });
  return widths.size > 0 ? { label, widths, gain, gainBound: bound } : undefined;
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
