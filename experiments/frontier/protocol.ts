import { type Recipe, recipes } from "../../search/index.ts";
import type { Size } from "../experiment.ts";
import { type Setting, settingKey } from "../tasks/setting.ts";

/** A method, and what it is asked for. */
export interface Arm {
  readonly method: string;
  /** Latencies searched for, as shares of the setting's: several make a curve. */
  readonly shares: readonly number[];
  /** Searches under seeds of their own; 1 where chance has no part. */
  readonly searches: number;
}

export interface Protocol {
  readonly settings: readonly Setting[];
  readonly arms: readonly Arm[];
  /** Seeds that every network found is trained under, from scratch. */
  readonly trainingSeeds: readonly number[];
  readonly searching: Recipe;
  /** Training images that searches may use, drawn once. */
  readonly searchExamples: number;
  readonly training: Recipe;
  readonly trainingEpochs: number;
}

const mobilenet = "mobilenet-v1-cifar";

/** Batch and rate: docs/training.md. */
const common = { ...recipes.standard, batch: 64, learningRate: 0.1 };
const searching: Recipe = {
  ...common,
  name: "frontier",
  seedEpochs: 6,
  lookaheadEpochs: 1,
  roundEpochs: 2,
  trades: 1,
  finalistEpochs: 12,
};
const curve = [0.85, 1, 1.2];
const fixed = (method: string): Arm => ({ method, shares: curve, searches: 1 });
const searched = (searches: number) => (method: string) => ({ method, shares: [1], searches });
const controls = [fixed("uniform"), fixed("uniform-on-stairs")];

export const protocols: { readonly [S in Size]: Protocol } = {
  quick: {
    settings: [{ net: mobilenet, multiplier: 0.15 }],
    arms: [...controls, ...["splitting", "random-widths", "pyramid"].map(searched(1))],
    trainingSeeds: [0],
    searching: { ...searching, seedEpochs: 2, finalistEpochs: 4 },
    searchExamples: 10_000,
    training: common,
    trainingEpochs: 4,
  },
  full: {
    settings: [0.15, 0.25, 0.4].map((multiplier) => ({ net: mobilenet, multiplier })),
    arms: [
      ...controls,
      ...["splitting", "random-widths"].map(searched(3)),
      ...["random-split", "fast"].map(searched(2)),
      ...["pyramid", "morphnet", "slimming", "netadapt"].map(searched(1)),
    ],
    trainingSeeds: [0, 1],
    searching,
    searchExamples: 20_000,
    training: common,
    trainingEpochs: 12,
  },
};

/** One search of an arm. */
export interface Run {
  readonly setting: Setting;
  readonly method: string;
  readonly share: number;
  readonly seed: number;
}

/** Searches that are trained and measured together: the first of every arm of a setting, then the second ones. */
export interface Batch {
  readonly setting: Setting;
  readonly seed: number;
  readonly runs: readonly Run[];
}

/** In this order a part of the experiment already says something. */
export function batchesOf({ settings, arms }: Protocol): readonly Batch[] {
  const most = Math.max(...arms.map(({ searches }) => searches));
  return settings.flatMap((setting) =>
    Array.from({ length: most }, (_, seed) => ({
      setting,
      seed,
      runs: arms
        .filter(({ searches }) => seed < searches)
        .flatMap(({ method, shares }) => shares.map((share) => ({ setting, method, share, seed }))),
    })),
  );
}

export const runsOf = (protocol: Protocol): readonly Run[] =>
  batchesOf(protocol).flatMap(({ runs }) => runs);

/** The networks that nobody searched for: measured again beside every batch. */
export const controlRuns = ({ setting }: Batch, protocol: Protocol): readonly Run[] =>
  runsOf(protocol).filter(
    (run) => run.setting === setting && controls.some(({ method }) => method === run.method),
  );

export const runKey = ({ setting, method, share, seed }: Run): string =>
  `${settingKey(setting)}-${method}${share === 1 ? "" : `-at-${share}`}-search-${seed}`;
export const trainingKey = (run: Run, seed: number): string => `${runKey(run)}-trained-${seed}`;
export const measuredKey = ({ setting, seed }: Batch): string =>
  `${settingKey(setting)}-measured-${seed}`;
