import type { OperatorSpace } from "../src/network/blocks/operator-space.ts";
import type { Network } from "../src/network/network.ts";
import type { Engine } from "../src/tensor/index.ts";
import type { Evaluation } from "../src/training/passes.ts";
import type { Penalty } from "../src/training/train-step.ts";
import type { TrainingState } from "../src/training/training-state.ts";
import type { Budget, CostModel } from "./cost-model.ts";
import type { NetworkCost, SplitRecord } from "./history.ts";
import type { Choices } from "./hurricane/choices.ts";
import type { Recipe } from "./recipe.ts";
import type { SearchData } from "./training-phase.ts";
import type { UnfinishedAnalysis } from "./unfinished-analysis.ts";

/**
 * A way to search. It proposes networks; the search trains and judges them, keeps the budget, the history and the
 * account of training, and asks again. `next` depends on nothing but its arguments, so that a search can be resumed.
 */
export interface SearchMethod {
  readonly name: string;
  /** One line for `search --help`. */
  readonly summary: string;
  /** It asks `SearchContext.confirm` before it delivers. */
  readonly confirms?: boolean;
  /** What is searched for; widths where absent. */
  readonly searchesFor?: "operators" | "wirings";
  /** Judges the round just trained and says what to train next, or what to deliver. */
  next(point: SearchPoint, context: SearchContext): Promise<Move>;
}

/** Where a search stands between two rounds. */
export interface SearchPoint {
  /** Rounds finished; every draw of chance depends on it and the seed (`phaseRandom`). */
  readonly round: number;
  /** The candidate kept last; absent until one was. */
  readonly kept?: TrainedCandidate;
  /** The round just finished: its candidates in the order proposed. Empty at the start. */
  readonly trained: readonly TrainedCandidate[];
  /** What the method asked to be remembered; empty at the start. */
  readonly memory: Memory;
}

/** A method's own memory: any JSON, and arrays that JSON would bloat. */
export interface Memory {
  readonly note: unknown;
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

/** What a search was asked for. */
export interface SearchContext {
  readonly engine: Engine;
  /** Where growth may start. */
  readonly network: Network;
  /** The network at multiplier 1, whose proportions uniform widths keep. */
  readonly reference: Network;
  /** Widest allowed per width group; no cap where absent. */
  readonly caps: ReadonlyMap<string, number>;
  /** Where blocks may be filled by several operators. */
  readonly operators?: OperatorSpace;
  /** Widths that a method chooses are multiples of this. */
  readonly granularity: number;
  readonly data: SearchData;
  readonly costs: CostModel;
  readonly budget: Budget;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Shows what a method does between two rounds: "directions, pass 3 of 10", and how much of what its outlook counts is done. */
  readonly onAnalysis?: (what: string, epochsDone?: number) => void;
  /** Keeps what a long analysis between two rounds has found so far; absent where nothing is kept. */
  readonly analysis?: UnfinishedAnalysis;
  /**
   * Measures networks on the device and holds them against the budget that was asked for. Absent where the table alone is to be
   * believed. Methods with finalists ask before they compare them.
   */
  readonly confirm?: (networks: readonly Network[]) => Promise<readonly Confirmation[]>;
}

/** What a device says of a network. */
export interface Confirmation {
  /** What it takes over what it may take, of latency or energy the larger: 1 is the whole budget. */
  readonly ofBudget: number;
  /** Upper end of the 95 % interval of that. */
  readonly ofBudgetAtMost: number;
  /** "38.3 µs, 33.8 µs predicted". */
  readonly words: string;
}

/** A network to train for a while. */
export interface Candidate {
  /** Short and unique in its round: "uniform", "stage 2". */
  readonly label: string;
  readonly network: Network;
  /** Where training starts: fresh (`fromScratch`), or carried over from another candidate. */
  readonly training: TrainingState;
  readonly epochs: number;
  /** The rate falls to 0 over these epochs, or stays at the peak; a fresh state warms up first. */
  readonly rate: "anneal" | "hold";
  /** Fall of the held-out loss that the method foresees. */
  readonly promise?: number;
  /** How the candidate came from the kept network. */
  readonly split?: SplitRecord;
  /** Training also pays for absolute weights. */
  readonly penalty?: Penalty;
  /**
   * Trains all paths through these operators per block of the context's space, one per batch, on shared weights; `network` is the path of
   * the first ones, which the supernet is judged by.
   */
  readonly choices?: Choices;
}

/** A candidate after its epochs. */
export interface TrainedCandidate extends Candidate {
  readonly cost: NetworkCost;
  /** Mean over the last epoch. */
  readonly trainingLoss: number;
  /** On held-out data; the loss is Infinity where training diverged. */
  readonly validation: Evaluation;
}

/** What a method answers. */
export type Move = RoundVerdict & (TrainMove | DeliverMove);

export interface RoundVerdict {
  /** Which trained candidate of the round is kept; absent: none, and the one kept before stays. */
  readonly keep?: number;
  /** Why, in words for the history. */
  readonly verdict?: string;
  /** Replaces the method's memory; it stays where absent. */
  readonly memory?: Memory;
  /** Examples that passed through the kept network to find this move, training aside. */
  readonly analysedExamples?: number;
}

export interface TrainMove {
  /** What the round is for: "seed", "growth", "lookahead". */
  readonly kind: string;
  readonly candidates: readonly Candidate[];
  /** What is likely to follow this round before the final training. */
  readonly outlook: Outlook;
}

export interface DeliverMove {
  /** The network to train to the end, from scratch; `inherited` goes on from there beside it and the better one wins. */
  readonly deliver: { readonly network: Network; readonly inherited?: TrainingState };
  /** Why the search ends, in words for the history. */
  readonly ended: string;
}

/** Training that is likely to follow. */
export interface Outlook {
  readonly candidates: number;
  /** Of all of them together. */
  readonly epochs: number;
  /** Of training that would take as long as the analyses to come, the one after the round in hand among them; 0 when absent. */
  readonly analysisEpochs?: number;
}
