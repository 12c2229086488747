import { z } from "zod";
import type { Text } from "../../src/datasets/text.ts";
import { drawActivations, type RecurrentCell } from "../../src/network/cells/recurrent-cell.ts";
import { completeWiring, describeEdge, type Wiring } from "../../src/network/cells/wiring.ts";
import { seededRandom } from "../../src/random.ts";
import type { Engine } from "../../src/tensor/index.ts";
import { type LanguageRun, LanguageTrainer } from "../../src/training/language/language-trainer.ts";
import { DivergenceError } from "../../src/training/passes.ts";
import { finiteOrNull, keptAnswers, type UnfinishedAnalysis } from "../unfinished-analysis.ts";
import { recurrentScore } from "./score.ts";
import { chooseWiring, mostTrainings, type ScoredWiring, shrink } from "./shrink.ts";

/** How recurrent cells are searched for. */
export interface RecurrentSettings {
  readonly nodes: number;
  /** Edges whose absence is tried in a step. */
  readonly candidates: number;
  readonly hiddenSize: number;
  /** Of every candidate, from scratch. */
  readonly training: Omit<LanguageRun, "seed">;
}

/** A quarter of all edges is left at the end, as in AutoShrink's release. */
const leftShare = 1 / 4;

const lastOf = ({ nodes }: Pick<RecurrentSettings, "nodes">): number =>
  Math.max(1, Math.round(leftShare * completeWiring(nodes).edges.length));

/** Trainings of a search where every step loses one edge; cut-off edges save some. */
export const plannedTrainings = (settings: RecurrentSettings): number =>
  mostTrainings(completeWiring(settings.nodes).edges.length, settings.candidates, lastOf(settings));

export interface RecurrentRequest {
  readonly engine: Engine;
  readonly text: Text;
  readonly settings: RecurrentSettings;
  readonly seed: number;
  /** Cells that are not tried: true for those that are too large. */
  readonly exceeds?: (cell: RecurrentCell) => boolean;
  /** Perplexities so far are kept here; a search killed and started again goes on from them. */
  readonly analysis: UnfinishedAnalysis;
  /** Train the cells of one step at once; absent: one after the other, in this process. */
  readonly workers?: CellWorkers | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onTrained?: (trained: TrainedCell) => void;
}

/** Train recurrent cells on the request's text in other processes. */
export interface CellWorkers {
  /** Of them. */
  readonly count: number;
  /** Gives what `cellPerplexity` gives. */
  perplexity(model: SizedCell, run: LanguageRun): Promise<number>;
}

export interface SizedCell {
  readonly cell: RecurrentCell;
  readonly hiddenSize: number;
}

/** A wiring that was trained. */
export interface TrainedCell extends ScoredWiring {
  /** Held out; Infinity where training diverged. */
  readonly perplexity: number;
  /** Trained before a kill. */
  readonly isKept: boolean;
}

export interface FoundCell {
  readonly cell: RecurrentCell;
  readonly score: number;
  /** Every step: what was tried, and which was gone on with. */
  readonly steps: readonly { readonly tried: readonly TrainedCell[]; readonly kept: number }[];
}

/** The least held-out perplexity that a cell comes to; Infinity where its training diverges. */
export async function cellPerplexity(
  engine: Engine,
  text: Text,
  { cell, hiddenSize }: SizedCell,
  run: LanguageRun,
): Promise<number> {
  const trainer = new LanguageTrainer(engine, { cell, words: text.words.length, hiddenSize }, text);
  try {
    return (await trainer.run(run)).best.validationPerplexity;
  } catch (error) {
    if (error instanceof DivergenceError) return Number.POSITIVE_INFINITY;
    throw error;
  } finally {
    await trainer.release();
  }
}

/**
 * AutoShrink for recurrent cells (arXiv 1911.09251, the algorithm of its release): activations drawn under the seed, edges removed
 * one a step by held-out perplexity and the count of edges, until a quarter is left. Delivered is the best of all that were trained
 * and do not exceed the limit; undefined where there is none.
 */
export async function searchRecurrentCell(
  request: RecurrentRequest,
): Promise<FoundCell | undefined> {
  const { settings, seed, exceeds = () => false, workers, onTrained } = request;
  const complete = completeWiring(settings.nodes);
  const activations = drawActivations(settings.nodes, seededRandom(seed));
  const perplexityOf = keptPerplexities(request, activations);
  const trained = new Map<Wiring, TrainedCell>();
  const score = async (wiring: Wiring): Promise<number> => {
    const { answer, isKept } = await perplexityOf(wiring);
    const perplexity = answer ?? Number.POSITIVE_INFINITY;
    const { hiddenSize } = settings;
    const scored = recurrentScore(perplexity, { edges: wiring.edges.length, hiddenSize });
    const one = { wiring, perplexity, score: scored, isKept };
    trained.set(wiring, one);
    onTrained?.(one);
    return scored;
  };
  const steps: FoundCell["steps"][number][] = [];
  const { candidates } = settings;
  const random = seededRandom(1000 + seed);
  for await (const { tried, kept } of shrink({
    complete,
    candidates,
    removal: "best",
    last: lastOf(settings),
    random,
    atOnce: workers !== undefined,
    score,
  }))
    steps.push({
      tried: tried.map(({ wiring }) => trained.get(wiring) as TrainedCell),
      kept: tried.indexOf(kept),
    });
  const all = steps.flatMap(({ tried }) => tried);
  const allowed = all.filter(
    (one) => Number.isFinite(one.perplexity) && !exceeds({ wiring: one.wiring, activations }),
  );
  if (allowed.length === 0) return undefined;
  const best = chooseWiring(allowed);
  return { cell: { wiring: best.wiring, activations }, score: best.score, steps };
}

/** Trains no cell again whose perplexity was kept before a kill. */
const keptPerplexities = (
  { engine, text, settings, seed, analysis, workers, signal }: RecurrentRequest,
  activations: RecurrentCell["activations"],
) =>
  keptAnswers(
    analysis,
    z.number().nullable(),
    ({ edges }: Wiring) => edges.map(describeEdge).join(" "),
    async (wiring) => {
      const { hiddenSize, training } = settings;
      const run = { ...training, seed };
      const model = { cell: { wiring, activations }, hiddenSize };
      const perplexity = workers
        ? await workers.perplexity(model, run)
        : await cellPerplexity(engine, text, model, { ...run, signal });
      return finiteOrNull(perplexity);
    },
  );
