import type { Network } from "../../src/network/network.ts";
import type { Outlook, SearchContext } from "../method.ts";
import { stagesOf } from "../stages.ts";
import { anchorShare } from "./anchor.ts";
import type { StageWorth } from "./lookahead.ts";
import { mostTrades } from "./trades.ts";

/** What growth remembers from round to round. */
export interface GrowthNote extends StageWorth {
  /** Of the round in training. */
  readonly phase: "seed" | "lookahead" | "growth" | "trade" | "finalists";
  /** Growth steps done, or in hand. */
  readonly step: number;
  /** Rounds of trades still allowed. */
  readonly trades: number;
  /** Widths before the first trade, by group. */
  readonly untraded?: Readonly<Record<string, number>>;
}

export const startingNote = ({ recipe }: SearchContext): GrowthNote => ({
  phase: "seed",
  step: 0,
  trades: recipe.trades,
  factors: {},
  utilities: {},
});

/** Steps from the anchor to the whole budget, each by about the recipe's growth in what widths cost. */
function growthSteps({ recipe }: SearchContext): number {
  const steps = Math.round(Math.log(1 / anchorShare) / Math.log(recipe.growth));
  return Math.max(1, Math.min(recipe.rounds, steps));
}

/** Share of the room after a step: all of it after the last planned one, and in those that fill up what is left. */
export const shareAfter = (step: number, context: SearchContext): number =>
  anchorShare ** Math.max(0, 1 - step / growthSteps(context));

/** The candidates that usually come beside one per stage: staying, uniform growth, the knapsack. */
const besideStages = 3;
/** Of which two are uniform. */
const mostFinalists = 4;

/** Training that follows the round in hand if no step is passed over. */
export function outlookFrom(note: GrowthNote, network: Network, context: SearchContext): Outlook {
  const { recipe } = context;
  const { phase } = note;
  const isGrowing = phase !== "trade" && phase !== "finalists";
  const steps = isGrowing ? Math.max(0, growthSteps(context) - note.step) : 0;
  const perStep = besideStages + stagesOf(network).size;
  const settling = (phase === "lookahead" ? 1 : 0) + steps;
  const trades = Math.max(0, note.trades - (phase === "trade" ? 1 : 0)) * (mostTrades + 1);
  const candidates = {
    looking: steps * perStep + trades,
    growing: recipe.roundEpochs > 0 ? settling : 0,
    final: mostFinalists,
  };
  return {
    candidates: candidates.looking + candidates.growing + candidates.final,
    epochs:
      candidates.looking * recipe.lookaheadEpochs +
      candidates.growing * recipe.roundEpochs +
      candidates.final * recipe.finalistEpochs,
  };
}

/** Epochs that a search from the usual anchor plans before its final training. */
export const plannedEpochs = (context: SearchContext): number =>
  context.recipe.seedEpochs + outlookFrom(startingNote(context), context.reference, context).epochs;
