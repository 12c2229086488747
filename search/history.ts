import type { Budget } from "./cost-model.ts";
import type { Recipe } from "./recipe.ts";

/** Cost of a network by the search's cost model, with the counts everyone compares by. */
export interface NetworkCost {
  readonly latency_s: number;
  readonly energy_j?: number;
  readonly macs: number;
  readonly parameters: number;
  /** Absent in histories of older versions. */
  readonly peakMemory_bytes?: number;
}

/** How well second-order theory foresaw one growth step; losses on held-out data. */
export interface SplitRecord {
  /** Neurons added per width group. */
  readonly added: Readonly<Record<string, number>>;
  /** Step size relative to each neuron's norm, chosen by the loss after splitting. */
  readonly epsilon: number;
  readonly lossBefore: number;
  /** Sum over the split neurons of epsilon^2 / 2 x index x norm^2 (specs 1.1); negative is a fall. */
  readonly predictedChange: number;
  readonly realisedChange: number;
  /** Gain of the selection, and the most any selection could have gained (Lagrangian bound). */
  readonly gain: number;
  readonly gainBound: number;
}

/** A network that a round trained. */
export interface CandidateRecord {
  readonly label: string;
  /** By width group. */
  readonly widths: Readonly<Record<string, number>>;
  readonly cost: NetworkCost;
  /** Fall of the held-out loss that the method foresaw. */
  readonly promise?: number;
  readonly split?: SplitRecord;
  readonly epochs: number;
  /** Examples trained on, repetitions counted. */
  readonly examples: number;
  /** Mean over the last epoch; absent where training diverged. */
  readonly trainingLoss?: number;
  /** On held-out data; absent where training diverged. */
  readonly validation?: {
    readonly loss: number;
    readonly lossError: number;
    readonly accuracy: number;
  };
  /** Why there is no result. */
  readonly diverged?: string;
}

/** Candidates proposed together, trained on the same examples in the same order, and what became of them. */
export interface SearchRound {
  readonly round: number;
  /** As the method calls it: "seed", "lookahead", "growth"; "final" is the last training. */
  readonly kind: string;
  readonly candidates: readonly CandidateRecord[];
  /** Index of the candidate gone on with; absent where the round was undone or is still trained. */
  readonly kept?: number;
  readonly verdict?: string;
  /** Examples that passed through the kept network to find these candidates. */
  readonly analysedExamples?: number;
}

/** What training took, to give every method the same: summed over all candidates, kept or not. */
export interface TrainingAccount {
  readonly candidates: number;
  readonly epochs: number;
  readonly examples: number;
  /** Multiply-accumulates of one inference times examples, in sum. */
  readonly macs: number;
  /** Predicted latency on the device times examples, in sum. */
  readonly latency_s: number;
  /** Passes that found directions: MACs of one inference times examples. */
  readonly analysisMacs: number;
}

/** history.json: all that a search did, without times, so that the same seed gives the same file. */
export interface SearchHistory {
  readonly format: "wattsplit-history";
  readonly version: 2;
  readonly method: string;
  readonly seed: number;
  readonly network: string;
  readonly data: string;
  readonly recipe: Recipe;
  /** What training ran on: another backend or thread count rounds differently. */
  readonly training: { readonly backend: string; readonly threads?: number };
  /** Source of the costs, as the cost model states it. */
  readonly costs: string;
  readonly budget: Budget;
  /** Widths chosen are multiples of this. */
  readonly granularity: number;
  readonly rounds: readonly SearchRound[];
  readonly account: TrainingAccount;
  /** Why the search ended. */
  readonly ended?: string;
  /** Once at the very end, on the data set's own test split. */
  readonly test?: { readonly loss: number; readonly accuracy: number; readonly count: number };
}
