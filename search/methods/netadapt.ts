import type { Network } from "../../src/network/network.ts";
import { fromScratch } from "../from-scratch.ts";
import type {
  Candidate,
  Move,
  Outlook,
  SearchContext,
  SearchMethod,
  SearchPoint,
  TrainedCandidate,
} from "../method.ts";
import { wideEpochs } from "../pruning/prune-once.ts";
import { shrinkWithin } from "../pruning/shrink.ts";
import { pruningStart } from "../pruning/start.ts";
import {
  budgetedQuantities,
  meetsBudget,
  networkQuantities,
  type Quantities,
  type Quantity,
} from "../quantities.ts";
import { stagesOf } from "../stages.ts";

/** Equal steps from the wide network's costs to the budget, at most. */
const mostSteps = 6;
/** Of every proposal, before they are compared (the paper's short-term fine-tuning). */
const shortEpochs = 1;

/**
 * NetAdapt (Yang et al. 2018): from a wide network down to the budget in equal steps of cost. In each step every stage of
 * layers of one resolution is shrunk until it alone has saved the step, each proposal is trained for a short while, and the
 * best on held-out data is kept.
 */
export const netadapt: SearchMethod = {
  name: "netadapt",
  summary:
    "shrinks a wide network stage by stage, keeping the best after short fine-tuning (NetAdapt)",
  next: (point, context) =>
    Promise.resolve(point.trained.length === 0 ? widen(context) : shrink(point, context)),
};

function widen(context: SearchContext): Move {
  const { network } = pruningStart(context);
  const { costs, budget } = context;
  const start = networkQuantities(network, costs, budgetedQuantities(budget));
  return {
    kind: "wide",
    candidates: [
      {
        label: "to be shrunk",
        network,
        training: fromScratch(network, context, 0),
        epochs: wideEpochs(context),
        rate: "anneal",
      },
    ],
    outlook: outlookFrom(network, stepsOf(context)),
    memory: { note: { start }, arrays: new Map() },
  };
}

const stepsOf = ({ recipe }: SearchContext): number =>
  Math.max(1, Math.min(mostSteps, recipe.rounds));

const outlookFrom = (network: Network, steps: number): Outlook => {
  const candidates = Math.max(0, steps) * stagesOf(network).size;
  return { candidates, epochs: candidates * shortEpochs };
};

function shrink({ round, trained, memory }: SearchPoint, context: SearchContext): Move {
  const losses = trained.map(({ validation }) => validation.loss);
  const keep = losses.indexOf(Math.min(...losses));
  const best = trained[keep];
  if (!best) throw new Error("There is no network to shrink");
  const { network, training } = best;
  const { costs, budget } = context;
  const now = networkQuantities(network, costs, budgetedQuantities(budget));
  if (meetsBudget(now, budget))
    return { keep, deliver: { network, inherited: training }, ended: "shrunk to the budget" };
  const { start } = memory.note as { readonly start: Quantities };
  const limits = limitsAt(round / stepsOf(context), start, context);
  return {
    keep,
    kind: "shrink",
    candidates: proposals(best, limits, context),
    outlook: outlookFrom(network, stepsOf(context) - round),
  };
}

/** Limits after a share of the way from the wide network's costs to the budget. */
function limitsAt(share: number, start: Quantities, { budget }: SearchContext): Quantities {
  const limits = budgetedQuantities(budget).map((quantity): [Quantity, number] => {
    const limit = budget[quantity] ?? Number.POSITIVE_INFINITY;
    const above = Math.max(0, (start[quantity] ?? 0) - limit);
    return [quantity, limit + Math.max(0, 1 - share) * above];
  });
  return Object.fromEntries(limits);
}

/** One network per stage that can save the step alone; where none can, one that all stages shrink. */
function proposals(
  best: TrainedCandidate,
  limits: Quantities,
  context: SearchContext,
): readonly Candidate[] {
  const short = { epochs: shortEpochs, rate: "anneal" } as const;
  const alone = [...stagesOf(best.network)].flatMap(([stage, groups]) => {
    const shrunk = shrinkWithin(best, limits, context, groups);
    return shrunk ? [{ ...shrunk, ...short, label: `shrinks ${stage}` }] : [];
  });
  if (alone.length > 0) return alone;
  const all = shrinkWithin(best, limits, context);
  if (!all) throw new Error("The narrowest network fits, but no way there was found");
  return [{ ...all, ...short, label: "shrinks all stages" }];
}
