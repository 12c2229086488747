import type { SearchRound } from "./history.ts";
import { finalRound } from "./lineage.ts";
import { epochsBehind, loadSearchState, type SearchState } from "./search-state.ts";

export interface SearchProgress {
  readonly label: string;
  /** Epochs done and the estimate of all that will be needed, long analyses counted as epochs that take as long. */
  readonly epochsDone: number;
  readonly epochsExpected: number;
  /** Of those to come, the ones of the network to be delivered, which no workers share. */
  readonly epochsAlone: number;
  /** A finished round, once. */
  readonly round?: SearchRound;
}

/** Where the search is when the round's trials have done so many epochs together, and `trial` is in training. */
export function progressOf(state: SearchState, epochs: number, trial = 0): SearchProgress {
  const { history, round, kind, trials, outlook, analysisEpochs = 0 } = state;
  const all = roundEpochs(state);
  const isFinal = kind === finalRound.kind;
  const final = isFinal ? 0 : history.recipe.finalEpochs;
  const finished = history.account.epochs + analysisEpochs;
  const later = outlook.epochs + (outlook.analysisEpochs ?? 0) + final;
  return {
    label: `round ${round} (${kind}), ${trials[trial]?.label ?? ""}`,
    epochsDone: finished + epochs,
    epochsExpected: finished + all + later,
    epochsAlone: isFinal ? all - epochs : final,
  };
}

/** Of all trials of the round in hand. */
export const roundEpochs = ({ trials }: Pick<SearchState, "trials">): number =>
  trials.reduce((sum, { epochs }) => sum + epochs, 0);

/** A search under way as another process sees it. */
export interface SavedProgress extends SearchProgress {
  readonly network: string;
  readonly data: string;
  readonly method: string;
}

/** Where the search in a folder stood when it last saved its state; undefined where none is under way. */
export function savedProgress(folder: string): SavedProgress | undefined {
  const state = loadSearchState(folder);
  if (!state) return undefined;
  const { network, data, method } = state.history;
  const next = state.trials.findIndex(({ epoch, epochs }) => epoch < epochs);
  const trial = next < 0 ? Math.max(0, state.trials.length - 1) : next;
  const done = state.trials.reduce((sum, one) => sum + epochsBehind(one), 0);
  return { network, data, method, ...progressOf(state, done, trial) };
}
