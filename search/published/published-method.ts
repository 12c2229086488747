import type { Network } from "../../src/network/network.ts";
import { fromScratch } from "../from-scratch.ts";
import type { Move, Outlook, SearchContext, SearchMethod, SearchPoint } from "../method.ts";
import { requireFit } from "../require-fit.ts";
import { directionExamples } from "../splitting/find-directions.ts";
import { menusOf, type SplitMenus, type SplitRule } from "../splitting/menu.ts";
import { type SplitManner, splitNetwork } from "../splitting/split-network.ts";
import type { ChosenSplits } from "../splitting/split-options.ts";

/** What to split, and what the selection promised. */
export interface GrowthPlan {
  readonly splits: ChosenSplits;
  readonly gain: number;
  readonly gainBound: number;
}

export interface PlanRequest {
  readonly network: Network;
  readonly menus: SplitMenus;
  /** Growth rounds done. */
  readonly grown: number;
}

/** A plan, and why it is the last one. */
export interface PlannedGrowth {
  readonly plan: GrowthPlan;
  readonly ended?: string;
}

/** What tells one published way of growing from another. */
export interface PublishedRule extends SplitRule {
  readonly name: string;
  readonly summary: string;
  plan(request: PlanRequest, context: SearchContext): PlannedGrowth;
  /** How splits are made; by the step of least held-out loss when absent. */
  readonly manner?: SplitManner;
}

/** Grows the start as the papers do: trains it, splits what the plan says, trains on, and again until the plan ends. */
export const publishedMethod = (rule: PublishedRule): SearchMethod => ({
  name: rule.name,
  summary: rule.summary,
  next: async (point, context) =>
    point.kept || point.trained.length > 0 ? grow(point, rule, context) : seed(context),
});

function seed(context: SearchContext): Move {
  const { network, recipe } = context;
  requireFit(network, context);
  const training = fromScratch(network, context, 0);
  return {
    kind: "seed",
    candidates: [{ label: "seed", network, training, epochs: recipe.seedEpochs, rate: "anneal" }],
    outlook: outlookFrom(0, context),
  };
}

async function grow(
  { round, trained }: SearchPoint,
  { findDirections, menu, plan: planOf, manner }: PublishedRule,
  context: SearchContext,
): Promise<Move> {
  const [last] = trained;
  if (!last) throw new Error("There is no network to grow from");
  const { network, training } = last;
  const directions = await findDirections({ network, weights: training.weights, round }, context);
  const request = { network, menus: menusOf(directions, menu), grown: round - 1 };
  const { plan, ended } = planOf(request, context);
  const grown =
    plan.splits.size > 0
      ? await splitNetwork({ network, training, round, directions, ...plan }, context, manner)
      : undefined;
  const next = { network: grown?.network ?? network, training: grown?.training ?? training };
  const analysedExamples = directionExamples(context);
  if (ended !== undefined)
    return {
      keep: 0,
      deliver: { network: next.network, inherited: next.training },
      ended,
      analysedExamples,
    };
  const candidate = { ...next, label: "splits", epochs: context.recipe.roundEpochs };
  return {
    keep: 0,
    kind: "growth",
    candidates: [{ ...candidate, rate: "anneal", ...(grown ? { split: grown.record } : {}) }],
    outlook: outlookFrom(round, context),
    analysedExamples,
  };
}

/** Rounds still to come if every one finds something to grow. */
function outlookFrom(round: number, { recipe }: SearchContext): Outlook {
  const rounds = Math.max(0, recipe.rounds - round);
  return { candidates: rounds, epochs: rounds * recipe.roundEpochs };
}

/** Why growth ended, in words for the history. */
export const endOfRecipe = (rounds: number): string =>
  `the recipe ends after ${rounds} growth round${rounds === 1 ? "" : "s"}`;
