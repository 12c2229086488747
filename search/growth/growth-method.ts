import { fromScratch } from "../from-scratch.ts";
import { atWidths, sameWidths, widthsOf } from "../group-widths.ts";
import { comparingKind } from "../lineage.ts";
import type {
  Move,
  SearchContext,
  SearchMethod,
  SearchPoint,
  TrainedCandidate,
} from "../method.ts";
import type { SplitRule } from "../splitting/menu.ts";
import { anchorNetwork } from "./anchor.ts";
import { finalistCandidates, finalists } from "./finalists.ts";
import { type GrowthNote, outlookFrom, startingNote } from "./growth-note.ts";
import { bestOf, comparison } from "./lookahead.ts";
import { type GrowthContext, judgeLookahead, proposeGrowth, proposeTrades } from "./rounds.ts";

/** What tells one way of growing from another. */
export interface GrowthRule extends SplitRule {
  readonly name: string;
  readonly summary: string;
}

/**
 * Grows uniform widths on the device's stairs by splitting neurons, stage against stage: in every round several ways to
 * spend the same cost are tried for a short while, uniform growth among them, and the best is kept; what they gave makes
 * the stages' gains comparable. At the full budget stages trade width, and the result has to beat uniform widths from
 * scratch. Short trials: NetAdapt (Yang et al. 2018).
 */
export const growthMethod = ({ name, summary, ...rule }: GrowthRule): SearchMethod => ({
  name,
  summary,
  next: (point, context) => {
    if (point.trained.length === 0) return Promise.resolve(anchor(context));
    return after[noteOf(point).phase](point, { ...context, rule });
  },
});

const noteOf = ({ memory }: SearchPoint): GrowthNote => memory.note as GrowthNote;
const noted = (note: GrowthNote): Pick<Move, "memory"> => ({ memory: { note, arrays: new Map() } });

function anchor(context: SearchContext): Move {
  const network = anchorNetwork(context);
  const note = startingNote(context);
  return {
    kind: "seed",
    candidates: [
      {
        label: "uniform on stairs",
        network,
        training: fromScratch(network, context, 0),
        epochs: context.recipe.seedEpochs,
        rate: "hold",
      },
    ],
    outlook: outlookFrom(note, network, context),
    ...noted(note),
  };
}

/** What comes after a round of each kind. */
const after: {
  readonly [P in GrowthNote["phase"]]: (
    point: SearchPoint,
    context: GrowthContext,
  ) => Promise<Move>;
} = {
  seed: (point, context) => grow(point, noteOf(point), { keep: 0 }, context),
  lookahead: (point, context) => {
    const { keep, verdict, note } = judgeLookahead(point.trained, noteOf(point), context);
    return settle(point, note, { keep, verdict }, context);
  },
  growth: (point, context) => grow(point, noteOf(point), { keep: 0 }, context),
  trade: (point, context) => {
    const keep = bestOf(point.trained);
    const verdict = comparison(at(point, keep), at(point, 0));
    const note = noteOf(point);
    // Where staying was best no other trade is likely to help.
    const trades = keep === 0 ? 0 : note.trades - 1;
    return trade(point, { ...note, trades }, { keep, verdict }, context);
  },
  finalists: (point) => Promise.resolve(deliver(point)),
};

type Verdict = Pick<Move, "keep" | "verdict">;

function at({ trained }: SearchPoint, index: number): TrainedCandidate {
  const found = trained[index];
  if (!found) throw new Error(`The round has no candidate ${index}`);
  return found;
}

/** The kept network goes on learning at the peak rate before it is looked into again. */
function settle(
  point: SearchPoint,
  note: GrowthNote,
  verdict: Verdict & { readonly keep: number },
  context: GrowthContext,
): Promise<Move> {
  const { network, training, label } = at(point, verdict.keep);
  const { roundEpochs } = context.recipe;
  if (roundEpochs === 0) return grow(point, note, verdict, context);
  const growing: GrowthNote = { ...note, phase: "growth" };
  return Promise.resolve({
    ...verdict,
    kind: "growth",
    candidates: [{ label, network, training, epochs: roundEpochs, rate: "hold" }],
    outlook: outlookFrom(growing, network, context),
    ...noted(growing),
  });
}

/** The next step's ways to grow; where none is left, trades. */
async function grow(
  point: SearchPoint,
  note: GrowthNote,
  verdict: Verdict & { readonly keep: number },
  context: GrowthContext,
): Promise<Move> {
  const parent = at(point, verdict.keep);
  const proposed = await proposeGrowth({ parent, note, round: point.round }, context);
  if (!proposed) return trade(point, note, verdict, context);
  const looking: GrowthNote = { ...note, phase: "lookahead", step: proposed.step };
  return {
    ...verdict,
    kind: "lookahead",
    candidates: proposed.candidates,
    analysedExamples: proposed.analysedExamples,
    outlook: outlookFrom(looking, parent.network, context),
    ...noted(looking),
  };
}

/** Trades between stages, as many times as the recipe says; then the finalists. */
async function trade(
  point: SearchPoint,
  note: GrowthNote,
  verdict: Verdict & { readonly keep: number },
  context: GrowthContext,
): Promise<Move> {
  const parent = at(point, verdict.keep);
  const proposed =
    note.trades > 0
      ? await proposeTrades({ parent, note, round: point.round }, context)
      : undefined;
  if (!proposed) return comparisonOfFinalists(point, parent, note, verdict, context);
  const trading: GrowthNote = {
    ...note,
    phase: "trade",
    untraded: note.untraded ?? widthsOf(parent.network),
  };
  return {
    ...verdict,
    kind: "trade",
    candidates: proposed.candidates,
    analysedExamples: proposed.analysedExamples,
    outlook: outlookFrom(trading, parent.network, context),
    ...noted(trading),
  };
}

/** What was found, before and after trades, against uniform widths of the same budget, all from scratch. */
function comparisonOfFinalists(
  { round }: SearchPoint,
  { network, training }: TrainedCandidate,
  note: GrowthNote,
  verdict: Verdict,
  context: SearchContext,
): Move {
  const untraded = note.untraded && atWidths(network, new Map(Object.entries(note.untraded)));
  const networks = finalists(
    [
      { label: "found", network },
      ...(untraded ? [{ label: "found, before trades", network: untraded }] : []),
    ],
    context,
  );
  const [only] = networks;
  if (only && networks.length === 1)
    return {
      ...verdict,
      deliver: { network: only.network, inherited: training },
      ended: "uniform widths and those found are the same",
    };
  const comparing: GrowthNote = { ...note, phase: "finalists" };
  return {
    ...verdict,
    kind: comparingKind,
    candidates: finalistCandidates(networks, round, context),
    outlook: { candidates: 0, epochs: 0 },
    ...noted(comparing),
  };
}

/** The best finalist; the weights that grew with it go on beside the training from scratch. */
function deliver({ trained, kept }: SearchPoint): Move {
  const keep = bestOf(trained);
  const best = trained[keep];
  if (!best) throw new Error("There are no finalists");
  const rivals = trained.filter((candidate) => candidate !== best);
  const rival = rivals[bestOf(rivals)];
  if (!rival) throw new Error("The best finalist has no rival");
  const grown = kept && sameWidths(kept.network, best.network) ? kept.training : undefined;
  return {
    keep,
    deliver: { network: best.network, ...(grown ? { inherited: grown } : {}) },
    ended: comparison(best, rival),
  };
}
