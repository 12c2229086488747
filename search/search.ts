import { UserError } from "../src/errors.ts";
import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import { Trainer } from "../src/training/trainer.ts";
import { firstMove, noMemory } from "./first-move.ts";
import { fromScratch } from "./from-scratch.ts";
import type { SearchHistory, SearchRound } from "./history.ts";
import { finalRound } from "./lineage.ts";
import type { Candidate, Move, SearchContext, SearchMethod, SearchPoint } from "./method.ts";
import { progressOf, roundEpochs, type SearchProgress } from "./search-progress.ts";
import { loadSearchState, type SearchState, saveSearchState, type Trial } from "./search-state.ts";
import { candidateWidths } from "./selection/candidate-widths.ts";
import { requireCosts } from "./selection/require-costs.ts";
import {
  candidateRecord,
  type TrialWorkers,
  trainedCandidate,
  trainTrials,
} from "./train-trials.ts";
import { emptyAccount, withRound } from "./training-account.ts";
import { searchOptimizer } from "./training-phase.ts";
import { analysisIn, dropAnalysis } from "./unfinished-analysis.ts";

export interface SearchOptions extends Omit<SearchContext, "reference" | "granularity"> {
  readonly method: SearchMethod;
  /** `network` when absent. */
  readonly reference?: Network;
  /** 1 when absent. */
  readonly granularity?: number;
  /** Holds the state between epochs; a search found there with the same settings is gone on with. */
  readonly folder: string;
  /** Train candidates of one round at once; what is found does not depend on them. */
  readonly workers?: TrialWorkers;
  readonly onProgress?: (progress: SearchProgress) => void;
}

export interface FoundNetwork {
  readonly network: Network;
  readonly weights: Weights;
  readonly history: SearchHistory;
}

/**
 * Trains and judges what the method proposes until it delivers a network, then trains that one from scratch to the
 * end; weights inherited from the search are kept where they do better on held-out data. Throws a UserError where
 * nothing fits the budget, before anything is trained.
 */
export async function search(options: SearchOptions): Promise<FoundNetwork> {
  const { method, folder, signal, onProgress } = options;
  const context: SearchContext = { granularity: 1, reference: options.network, ...options };
  let state = loadSearchState(folder) ?? (await begin(method, context, folder));
  requireSameSearch(state.history, options);
  for (;;) {
    state = await finishRound(state, context, options);
    if (state.kind === finalRound.kind) return await deliver(state, context, options);
    const analysing = {
      ...context,
      onAnalysis: analysisReporter(state, options),
      analysis: analysisIn(folder, state.round + 1),
    };
    const move = await method.next(pointOf(state, context), analysing);
    signal?.throwIfAborted();
    state = advance(state, move, context);
    saveSearchState(folder, state);
    onProgress?.({ ...progressOf(state, 0), round: lastRound(state.history) });
  }
}

/** Refuses, or lets the method refuse, before anything is trained, and claims the folder. */
async function begin(
  method: SearchMethod,
  context: SearchContext,
  folder: string,
): Promise<SearchState> {
  requireCosts(context.network, candidateWidths(context), context.costs);
  const move = await firstMove(method, context);
  const { seed, network, data, recipe, costs, budget, granularity, engine } = context;
  const history: SearchHistory = {
    format: "wattsplit-history",
    version: 2,
    method: method.name,
    seed,
    network: network.name,
    data: data.name,
    recipe,
    training: { backend: engine.backend, ...(engine.threads ? { threads: engine.threads } : {}) },
    costs: costs.source,
    budget,
    granularity,
    rounds: [],
    account: emptyAccount,
  };
  const state = nextRound({ history, memory: noMemory }, move, context);
  dropAnalysis(folder);
  saveSearchState(folder, state);
  return state;
}

/** A search is only gone on with under the settings it began with. */
function requireSameSearch(history: SearchHistory, options: SearchOptions): void {
  const { method, seed, recipe, budget, granularity = 1, data, network, costs, engine } = options;
  const wanted = {
    method: method.name,
    seed,
    recipe,
    budget,
    granularity,
    data: data.name,
    network: network.name,
    costs: costs.source,
    training: { backend: engine.backend, ...(engine.threads ? { threads: engine.threads } : {}) },
  };
  for (const [key, value] of Object.entries(wanted)) {
    const found = history[key as keyof typeof wanted];
    if (JSON.stringify(found) === JSON.stringify(value)) continue;
    throw new UserError(
      `${options.folder} holds a search with ${key} ${JSON.stringify(found)}, not ${JSON.stringify(value)}`,
      { hint: "Give the flags of that search, or another --out folder.", exit: "usage" },
    );
  }
}

const pointOf = (
  { round, trials, kept, memory }: SearchState,
  context: SearchContext,
): SearchPoint => ({
  round: round + 1,
  trained: trials.map((trial) => trainedCandidate(trial, context)),
  ...(kept ? { kept } : {}),
  memory,
});

/** Writes the round just trained into the history, as the method judged it, and begins the next one. */
function advance(state: SearchState, move: Move, context: SearchContext): SearchState {
  const { trials, memory, outlook, analysisEpochs = 0 } = state;
  const { keep } = move;
  const trial = keep === undefined ? undefined : trials[keep];
  if (keep !== undefined && !trial?.validation)
    throw new Error(`Method ${state.history.method} keeps candidate ${keep}, which has no result`);
  const kept = trial ? trainedCandidate(trial, context) : state.kept;
  const history = withJudgedRound(state, context, move);
  const next = nextRound(
    { round: state.round + 1, history, memory, ...(kept ? { kept } : {}) },
    move,
    context,
  );
  const finished =
    analysisEpochs + (outlook.analysisEpochs ?? 0) - (next.outlook.analysisEpochs ?? 0);
  return finished > 0 ? { ...next, analysisEpochs: finished } : next;
}

function withJudgedRound(
  { history, kind, round, trials, kept, analysedExamples }: SearchState,
  context: SearchContext,
  { keep, verdict }: Pick<Move, "keep" | "verdict">,
): SearchHistory {
  const judged: SearchRound = {
    round,
    kind,
    candidates: trials.map((trial) => candidateRecord(trial, context)),
    ...(keep === undefined ? {} : { kept: keep }),
    ...(verdict ? { verdict } : {}),
    ...(analysedExamples ? { analysedExamples } : {}),
  };
  return {
    ...history,
    rounds: [...history.rounds, judged],
    account: withRound(history.account, judged, kept?.cost),
  };
}

function nextRound(
  before: Pick<SearchState, "history" | "memory" | "kept"> & { readonly round?: number },
  move: Move,
  context: SearchContext,
): SearchState {
  const { round = 0 } = before;
  const common = {
    ...before,
    round,
    memory: move.memory ?? before.memory,
    ...(move.analysedExamples ? { analysedExamples: move.analysedExamples } : {}),
  };
  if ("candidates" in move) {
    if (move.candidates.length === 0) throw new Error(`Round ${round} has no candidates`);
    const { kind, outlook } = move;
    return { ...common, kind, trials: move.candidates.map(trialOf), outlook };
  }
  return {
    ...common,
    history: { ...before.history, ended: move.ended },
    kind: finalRound.kind,
    trials: finalCandidates(move.deliver, round, context).map(trialOf),
    outlook: { candidates: 0, epochs: 0 },
  };
}

const trialOf = (candidate: Candidate): Trial => ({
  ...candidate,
  fresh: candidate.training.steps === 0,
  epoch: 0,
  trainingLoss: Number.NaN,
});

/** The found widths from scratch, since the value of a search lies in them, and beside it the weights it grew. */
function finalCandidates(
  { network, inherited }: Extract<Move, { deliver: unknown }>["deliver"],
  round: number,
  context: SearchContext,
): readonly Candidate[] {
  const { finalEpochs, inheritedEpochs } = context.recipe;
  const common = { network, rate: "anneal" as const };
  const scratch = { ...common, label: finalRound.scratch, epochs: finalEpochs };
  return [
    { ...scratch, training: fromScratch(network, context, round) },
    ...(inherited
      ? [{ ...common, label: finalRound.inherited, training: inherited, epochs: inheritedEpochs }]
      : []),
  ];
}

/** Trains the candidates in hand to their ends. */
async function finishRound(
  state: SearchState,
  context: SearchContext,
  { folder, workers, onProgress }: SearchOptions,
): Promise<SearchState> {
  const trials = await trainTrials(state.trials, context, {
    workers,
    round: state.round,
    onEpoch: (now) => saveSearchState(folder, { ...state, trials: now }),
    onStep: (trial, epochs) => onProgress?.(progressOf(state, epochs, trial)),
  });
  const [first] = trials;
  if (first?.diverged && trials.every(({ diverged }) => diverged))
    throw new UserError(
      `${first.diverged}, in round ${state.round} (${state.kind}: ${first.label})`,
      {
        hint: "Training diverged: lower --learning-rate; the last good round is kept.",
      },
    );
  return { ...state, trials };
}

/** Shows what a method does between two rounds. */
const analysisReporter =
  (state: SearchState, { onProgress }: SearchOptions) =>
  (what: string, epochsDone = 0): void => {
    const { trials, round } = state;
    const done = progressOf(state, roundEpochs(state) + epochsDone, trials.length);
    onProgress?.({ ...done, label: `after round ${round}: ${what}` });
  };

const lastRound = ({ rounds }: SearchHistory): SearchRound => {
  const round = rounds[rounds.length - 1];
  if (!round) throw new Error("No round is finished");
  return round;
};

/** Keeps the better of the final trainings and reads the test split, once. */
async function deliver(
  state: SearchState,
  context: SearchContext,
  { onProgress }: SearchOptions,
): Promise<FoundNetwork> {
  const { trials } = state;
  const losses = trials.map(({ validation }) => validation?.loss ?? Number.POSITIVE_INFINITY);
  const keep = losses.indexOf(Math.min(...losses));
  const best = trials[keep];
  if (!best) throw new Error("Nothing was trained to be delivered");
  const judged = withJudgedRound(state, context, { keep });
  onProgress?.({
    ...progressOf(state, roundEpochs(state), trials.length),
    round: lastRound(judged),
  });
  const { network, training } = best;
  const trainer = new Trainer(context.engine, network, searchOptimizer(context.recipe));
  try {
    const { losses: _, ...test } = await trainer.evaluate(training.weights, context.data.test);
    return { network, weights: training.weights, history: { ...judged, test } };
  } finally {
    await trainer.release();
  }
}
