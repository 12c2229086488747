import type { Recipe } from "../../search/index.ts";
import { kwsFolds } from "../../src/datasets/index.ts";
import type { Size } from "../experiment.ts";
import { common } from "../frontier/protocol.ts";
import type { DataChoice } from "../laboratory.ts";
import type { Setting } from "../tasks/setting.ts";

export interface Protocol {
  /** Methods that search, once on the training part of every fold. */
  readonly searched: readonly string[];
  readonly searching: Recipe;
  /** Seeds that every network is trained under on every fold. */
  readonly seeds: readonly number[];
  readonly epochs: number;
}

export const setting: Setting = { net: "ds-cnn-m", multiplier: 0.3 };
export const folds = Array.from({ length: kwsFolds }, (_, i) => i + 1);
/** Clips of a fold's test part are never seen by its search, nor by its trainings before their last epoch. */
export const dataOf = (fold: number): DataChoice => ({ name: `kws12:@${fold}` });

export const training: Recipe = { ...common, name: "kws-dscnn" };

const searching: Recipe = {
  ...training,
  seedEpochs: 4,
  lookaheadEpochs: 2,
  roundEpochs: 2,
  trials: 8,
  trialEpochs: 10,
  finalistEpochs: 20,
};

export const protocols: { readonly [S in Size]: Protocol } = {
  quick: {
    searched: ["splitting"],
    searching: { ...searching, trials: 6, trialEpochs: 5, finalistEpochs: 10 },
    seeds: [0],
    epochs: 20,
  },
  full: {
    searched: ["splitting", "random-widths"],
    searching,
    seeds: [0, 1],
    epochs: 40,
  },
};

/** Around the budget: what is found is held against the line through them, at its own measured latency. */
export const controls = [
  { method: "uniform", share: 0.85 },
  { method: "uniform", share: 1 },
  { method: "uniform", share: 1.2 },
  { method: "uniform-on-stairs", share: 0.85 },
  { method: "uniform-on-stairs", share: 1 },
  { method: "uniform-on-stairs", share: 1.2 },
] as const;

/** A network that is trained on every fold, or one that was found on one of them. */
export interface Arm {
  readonly method: string;
  readonly share: number;
  /** Of the search; absent for controls, which see no data. */
  readonly fold?: number;
}

export const armsOf = ({ searched }: Protocol): readonly Arm[] => [
  ...controls,
  ...searched.flatMap((method) => folds.map((fold) => ({ method, share: 1, fold }))),
];

export const foldsOf = ({ fold }: Arm): readonly number[] => (fold === undefined ? folds : [fold]);

export const armKey = ({ method, share, fold }: Arm): string =>
  `${method}${share === 1 ? "" : `-at-${share}`}${fold === undefined ? "" : `-fold-${fold}`}`;
export const trainingKey = (arm: Arm, fold: number, seed: number): string =>
  `${armKey(arm)}-trained-${fold}-${seed}`;
export const measuredKey = "measured";
