import { fromScratch } from "../from-scratch.ts";
import { atWidths, growingWidths, sameWidths } from "../group-widths.ts";
import { comparingKind, trialKind } from "../lineage.ts";
import type {
  Move,
  SearchContext,
  SearchMethod,
  SearchPoint,
  TrainedCandidate,
} from "../method.ts";
import type { SplitRule } from "../splitting/menu.ts";
import { anchorNetwork } from "./anchor.ts";
import { bestOf, comparison } from "./compare.ts";
import { confirmed } from "./confirm.ts";
import { finalists, type NamedNetwork, scratchCandidates } from "./finalists.ts";
import {
  finalTrials,
  type GrowthNote,
  outlookFrom,
  startingNote,
  type TrialNote,
} from "./growth-note.ts";
import { type GrowthContext, judgeLookahead, proposeGrowth } from "./rounds.ts";
import type { ShapeTrial } from "./stage-worth.ts";
import { firstShapes, nextShapes, trialRounds, uniformLabel } from "./trials.ts";

/** What tells one way of growing from another. */
export interface GrowthRule extends SplitRule {
  readonly name: string;
  readonly summary: string;
}

/**
 * Grows uniform widths on the device's stairs by splitting neurons, the knapsack held against uniform growth in every round; then
 * tries the network found and other shapes of the whole budget from scratch, learns from them what width is worth in every
 * stage, and tries what that makes best; the best have to beat uniform widths in a longer comparison.
 */
export const growthMethod = ({ name, summary, ...rule }: GrowthRule): SearchMethod => ({
  name,
  summary,
  confirms: true,
  next: (point, context) => {
    if (point.trained.length === 0) return Promise.resolve(anchor(context));
    return after[noteOf(point).phase](point, { ...context, rule });
  },
});

const noteOf = ({ memory }: SearchPoint): GrowthNote => memory.note as GrowthNote;
const noted = (note: GrowthNote): Pick<Move, "memory"> => ({ memory: { note, arrays: new Map() } });

function anchor(context: SearchContext): Move {
  const network = anchorNetwork(context);
  return {
    kind: "seed",
    candidates: [
      {
        label: uniformLabel,
        network,
        training: fromScratch(network, context, 0),
        epochs: context.recipe.seedEpochs,
        rate: "hold",
      },
    ],
    outlook: outlookFrom(startingNote, context),
    ...noted(startingNote),
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
  lookahead: (point, context) =>
    settle(point, noteOf(point), judgeLookahead(point.trained), context),
  growth: (point, context) => grow(point, noteOf(point), { keep: 0 }, context),
  trials: (point, context) => afterTrials(point, noteOf(point), context),
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
    outlook: outlookFrom(growing, context),
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
  if (!proposed)
    return tryShapes(
      point,
      note,
      { shapes: firstShapes(parent.network, context), verdict },
      context,
    );
  const looking: GrowthNote = { ...note, phase: "lookahead", step: proposed.step };
  return {
    ...verdict,
    kind: "lookahead",
    candidates: proposed.candidates,
    analysedExamples: proposed.analysedExamples,
    outlook: outlookFrom(looking, context),
    ...noted(looking),
  };
}

interface Shapes {
  readonly shapes: readonly NamedNetwork[];
  readonly verdict?: Verdict;
}

/** Networks of the whole budget from scratch; what growth kept stays kept. */
function tryShapes(
  { round }: SearchPoint,
  note: GrowthNote,
  { shapes, verdict }: Shapes,
  context: SearchContext,
): Move {
  const trying: GrowthNote = { ...note, phase: "trials" };
  const { trialEpochs: epochs } = context.recipe;
  return {
    ...verdict,
    kind: trialKind,
    candidates: scratchCandidates(shapes, { round, epochs }, context),
    outlook: outlookFrom(trying, context),
    ...noted(trying),
  };
}

/** More shapes while the recipe has trials left and there are new ones; then the finalists. */
async function afterTrials(
  { round, trained }: SearchPoint,
  before: GrowthNote,
  context: SearchContext,
): Promise<Move> {
  const tried = trained.map(
    ({ label, network, validation: { loss } }): TrialNote => ({
      label,
      widths: Object.fromEntries(growingWidths(network)),
      loss: Number.isFinite(loss) ? loss : null,
    }),
  );
  const note: GrowthNote = {
    ...before,
    trials: [...before.trials, ...tried],
    trialRound: before.trialRound + 1,
  };
  const trials = note.trials.map(({ widths, loss, label }) => ({
    label,
    network: atWidths(context.reference, new Map(Object.entries(widths))),
    loss: loss ?? Number.POSITIVE_INFINITY,
  }));
  const verdict = { verdict: trialVerdict(trials) };
  const shapes =
    note.trialRound < trialRounds && trials.some(({ loss }) => Number.isFinite(loss))
      ? nextShapes(trials, { trialRound: note.trialRound, round }, context)
      : [];
  if (shapes.length > 0)
    return tryShapes({ round } as SearchPoint, note, { shapes, verdict }, context);
  const ranked = [...trials].sort((a, b) => a.loss - b.loss);
  return compareFinalists(ranked, round, { note, verdict }, context);
}

/** "early x4 is best, 0.0212 below uniform on stairs". */
function trialVerdict(trials: readonly (ShapeTrial & { readonly label: string })[]): string {
  const [best] = [...trials].sort((a, b) => a.loss - b.loss);
  const uniform = trials.find(({ label }) => label === uniformLabel);
  if (!best || !uniform || best === uniform) return `${best?.label} is best`;
  return `${best.label} is best, ${(uniform.loss - best.loss).toFixed(4)} below ${uniform.label}`;
}

/** The best trials against uniform widths of the same budget, all from scratch, for longer; measured first where that is possible. */
async function compareFinalists(
  ranked: readonly NamedNetwork[],
  round: number,
  { note, verdict }: { readonly note: GrowthNote; readonly verdict: Verdict },
  context: SearchContext,
): Promise<Move> {
  const asked = ranked.slice(0, context.confirm ? 2 * finalTrials : finalTrials);
  const { networks, verdict: measured } = await confirmed(finalists(asked, context), context);
  const best = networks.filter((named) => asked.includes(named)).slice(0, finalTrials);
  const chosen = [...best, ...networks.filter((named) => !asked.includes(named))];
  const judged = {
    ...verdict,
    ...(measured ? { verdict: [verdict.verdict, measured].filter(Boolean).join("; ") } : {}),
  };
  const [only] = chosen;
  if (only && chosen.length === 1)
    return {
      ...judged,
      deliver: { network: only.network },
      ended: measured
        ? `only ${only.label} meets the budget when measured`
        : "uniform widths and those found are the same",
    };
  const comparing: GrowthNote = { ...note, phase: "finalists" };
  const { finalistEpochs: epochs } = context.recipe;
  return {
    ...judged,
    kind: comparingKind,
    candidates: scratchCandidates(chosen, { round, epochs }, context),
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
