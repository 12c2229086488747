import type { Outlook, SearchContext } from "../method.ts";
import { anchorShare } from "./anchor.ts";
import { trialRounds, trialsOf } from "./trials.ts";

/** What growth remembers from round to round. */
export interface GrowthNote {
  /** Of the round in training. */
  readonly phase: "seed" | "lookahead" | "growth" | "trials" | "finalists";
  /** Growth steps done, or in hand. */
  readonly step: number;
  /** Networks tried from scratch so far. */
  readonly trials: readonly TrialNote[];
  /** Rounds of trials done, or in hand. */
  readonly trialRound: number;
}

export interface TrialNote {
  readonly label: string;
  /** By growing group. */
  readonly widths: Readonly<Record<string, number>>;
  /** On held-out data; null where training diverged. */
  readonly loss: number | null;
}

export const startingNote: GrowthNote = { phase: "seed", step: 0, trials: [], trialRound: 0 };

/** Steps from the anchor to the whole budget, each by about the recipe's growth in what widths cost. */
function growthSteps({ recipe }: Pick<SearchContext, "recipe">): number {
  const steps = Math.round(Math.log(1 / anchorShare) / Math.log(recipe.growth));
  return Math.max(1, Math.min(recipe.rounds, steps));
}

/** Share of the room after a step: all of it after the last planned one, and in those that fill up what is left. */
export const shareAfter = (step: number, context: SearchContext): number =>
  anchorShare ** Math.max(0, 1 - step / growthSteps(context));

/** Uniform growth and the knapsack. */
const perStep = 2;
/** The best trials compared for longer, and how many finalists there are with both uniform networks. */
export const finalTrials = 3;
const mostFinalists = finalTrials + 2;

/** Training that follows the round in hand if no step is passed over. */
export function outlookFrom(
  { phase, step, trialRound }: Pick<GrowthNote, "phase" | "step" | "trialRound">,
  context: Pick<SearchContext, "recipe">,
): Outlook {
  const { recipe } = context;
  const isGrowing = phase !== "trials" && phase !== "finalists";
  const steps = isGrowing ? Math.max(0, growthSteps(context) - step) : 0;
  const settling = recipe.roundEpochs > 0 ? steps + (phase === "lookahead" ? 1 : 0) : 0;
  const rounds = Array.from({ length: trialRounds }, (_, round) => round);
  const trials = rounds
    .slice(isGrowing ? 0 : phase === "trials" ? trialRound + 1 : trialRounds)
    .reduce((sum, round) => sum + trialsOf(round, context), 0);
  const final = phase === "finalists" ? 0 : mostFinalists;
  return {
    candidates: steps * perStep + settling + trials + final,
    epochs:
      steps * perStep * recipe.lookaheadEpochs +
      settling * recipe.roundEpochs +
      trials * recipe.trialEpochs +
      final * recipe.finalistEpochs,
  };
}

/** Epochs that a search from the usual anchor plans before its final training. */
export const plannedEpochs = (context: Pick<SearchContext, "recipe">): number =>
  context.recipe.seedEpochs + outlookFrom(startingNote, context).epochs;
