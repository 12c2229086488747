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

export type RoundKind = "seed" | "growth" | "final";

/** One phase of a search: an optional growth step, then training. */
export interface SearchRound {
  readonly round: number;
  readonly kind: RoundKind;
  /** By width group. */
  readonly widths: Readonly<Record<string, number>>;
  /** Neurons added per group before training. */
  readonly added: Readonly<Record<string, number>>;
  readonly split?: SplitRecord;
  readonly cost: NetworkCost;
  readonly epochs: number;
  readonly trainingLoss: number;
  readonly validation: { readonly loss: number; readonly accuracy: number };
}

/** history.json: all that a search did, without times, so that the same seed gives the same file. */
export interface SearchHistory {
  readonly format: "wattsplit-history";
  readonly version: 1;
  readonly method: string;
  readonly seed: number;
  readonly network: string;
  readonly data: string;
  readonly recipe: Recipe;
  /** Source of the costs, as the cost model states it. */
  readonly costs: string;
  readonly budget: Budget;
  /** Widths that grew are multiples of this. */
  readonly granularity: number;
  readonly rounds: readonly SearchRound[];
  /** Why growth ended. */
  readonly ended?: string;
  /** Once at the very end, on the data set's own test split. */
  readonly test?: { readonly loss: number; readonly accuracy: number; readonly count: number };
}
