import type { Network } from "../../src/network/network.ts";
import { widthGroups } from "../../src/network/width-groups.ts";
import type { TrainingState } from "../../src/training/trainer.ts";
import type { Budget } from "../cost-model.ts";
import type { SearchContext } from "../method.ts";
import { networkCost } from "../network-cost.ts";
import { selectWidths, type WidthSelection } from "../selection/select-widths.ts";
import { type Directions, findDirections } from "./find-directions.ts";
import { type SplitNetwork, splitNetwork } from "./split-network.ts";
import { type NeuronGains, neuronGains, neuronsToSplit, splitOptions } from "./split-options.ts";

/** A network in training, and the round that chance is drawn for. */
export interface GrowthStart {
  readonly network: Network;
  readonly training: TrainingState;
  readonly round: number;
  /** Growth rounds done. */
  readonly grown: number;
}

/** A growth step: what it made, unless nothing fitted, and why it is the last one. */
export interface GrowthStep {
  readonly grown?: SplitNetwork;
  readonly ended?: string;
}

/** Neurons to split, by group, and what the selection promised. */
interface GrowthPlan {
  readonly neurons: ReadonlyMap<string, readonly number[]>;
  readonly gain: number;
  readonly gainBound: number;
}

/**
 * One growth step: directions, selection under the round's budget, split, step size by held-out loss. When nothing
 * worth a round is left, the step says so and adds what still fits.
 */
export async function growNetwork(start: GrowthStart, context: SearchContext): Promise<GrowthStep> {
  const { network, training, round } = start;
  const directions = await findDirections({ network, weights: training.weights, round }, context);
  const { plan, ended } = planGrowth(start, directions, context);
  const grown =
    plan.neurons.size > 0
      ? await splitNetwork({ network, training, round, directions, ...plan }, context)
      : undefined;
  return { ...(grown ? { grown } : {}), ...(ended === undefined ? {} : { ended }) };
}

/** A step that uses less than this share of every budget and adds less than this share of neurons ends growth. */
const sliver = 0.03;

function planGrowth(
  { network, grown }: GrowthStart,
  directions: Directions,
  context: SearchContext,
): { readonly plan: GrowthPlan; readonly ended?: string } {
  const { costs, budget, recipe } = context;
  const gains = neuronGains(directions);
  const options = splitOptions(network, gains, context);
  const select = (limits: Budget) => selectWidths({ network, options, costs, budget: limits });
  if (grown < recipe.rounds)
    for (const limits of roundBudgets(network, context)) {
      const selection = select(limits);
      if (worthARound(network, selection, context))
        return { plan: planOf(network, selection, gains) };
    }
  const last = select(budget);
  const ended =
    last.reason ??
    (grown < recipe.rounds
      ? `the next step is less than ${100 * sliver} % of the budget`
      : `the recipe ends after ${recipe.rounds} growth round${recipe.rounds === 1 ? "" : "s"}`);
  return { plan: planOf(network, last, gains), ended };
}

/** Budgets of this round, from the recipe's growth up to the whole one, each tried when the one before adds too little. */
function* roundBudgets(
  network: Network,
  { costs, budget, recipe }: SearchContext,
): Generator<Budget> {
  const cost = networkCost(network, costs);
  for (let growth = recipe.growth; ; growth *= recipe.growth) {
    const limits = Object.fromEntries(
      Object.entries(budget).map(([quantity, limit]) => [
        quantity,
        Math.min(limit, growth * (cost[quantity as keyof Budget] ?? 0)),
      ]),
    ) as Budget;
    yield limits;
    if (
      Object.entries(limits).every(
        ([quantity, limit]) => limit === budget[quantity as keyof Budget],
      )
    )
      return;
  }
}

/** True if the selection is more than a sliver, of some budget or of the network's own neurons. */
function worthARound(
  network: Network,
  selection: WidthSelection,
  { costs, budget }: SearchContext,
): boolean {
  const before = networkCost(network, costs);
  const groups = widthGroups(network);
  const widths = groups.reduce((sum, { width }) => sum + width, 0);
  const added = groups.reduce(
    (sum, { name, width }) => sum + (selection.widths.get(name) ?? width) - width,
    0,
  );
  const used = Object.entries(budget).map(([quantity, limit]) => {
    const key = quantity as keyof Budget;
    return ((selection.cost[key] ?? 0) - (before[key] ?? 0)) / limit;
  });
  return added > 0 && Math.max(added / widths, ...used) > sliver;
}

function planOf(
  network: Network,
  { widths, gain, bound }: WidthSelection,
  gains: NeuronGains,
): GrowthPlan {
  return { neurons: neuronsToSplit(network, widths, gains), gain, gainBound: bound };
}
