import type { Network } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import type { Penalty } from "../../src/training/train-step.ts";
import { fromScratch } from "../from-scratch.ts";
import { atWidths } from "../group-widths.ts";
import type { Move, SearchContext, SearchMethod, SearchPoint } from "../method.ts";
import { budgetedQuantities, meetsBudget, networkQuantities } from "../quantities.ts";
import { pruneByThreshold } from "./global-threshold.ts";
import type { Importance } from "./importance.ts";
import { keepMostImportant } from "./prune.ts";
import { narrowerWidths, pruningStart } from "./start.ts";

/** What tells one way of pruning by a global threshold from another. */
export interface PruningRule {
  readonly name: string;
  readonly summary: string;
  /** What training the wide network pays for its weights; nothing where absent. */
  penalty?(network: Network, context: SearchContext): Penalty;
  importance(network: Network, weights: Weights): Importance;
}

/**
 * Trains a wide uniform network, drops the least important channels of all layers under one threshold until the budget is
 * met, and delivers those widths with the weights that are left.
 */
export const pruneOnce = (rule: PruningRule): SearchMethod => ({
  name: rule.name,
  summary: rule.summary,
  next: (point, context) =>
    Promise.resolve(
      point.trained.length === 0 ? widen(rule, context) : prune(rule, point, context),
    ),
});

/** Epochs of the network to be pruned. */
export const wideEpochs = ({ recipe }: SearchContext): number =>
  recipe.seedEpochs + recipe.roundEpochs;

function widen(rule: PruningRule, context: SearchContext): Move {
  const { network } = pruningStart(context);
  const penalty = rule.penalty?.(network, context);
  return {
    kind: "wide",
    candidates: [
      {
        label: "to be pruned",
        network,
        training: fromScratch(network, context, 0),
        epochs: wideEpochs(context),
        rate: "anneal",
        ...(penalty ? { penalty } : {}),
      },
    ],
    outlook: { candidates: 0, epochs: 0 },
  };
}

function prune(rule: PruningRule, { trained }: SearchPoint, context: SearchContext): Move {
  const [wide] = trained;
  if (!wide) throw new Error("There is no network to prune");
  const { network, training } = wide;
  const { costs, budget } = context;
  const quantities = budgetedQuantities(budget);
  const importance = rule.importance(network, training.weights);
  const widths = pruneByThreshold(importance, narrowerWidths(network, context), (tried) =>
    meetsBudget(networkQuantities(atWidths(network, tried), costs, quantities), budget),
  );
  const pruned = keepMostImportant(network, training, importance, widths, context);
  return {
    keep: 0,
    deliver: { network: pruned.network, inherited: pruned.training },
    ended: "pruned to the budget",
  };
}
