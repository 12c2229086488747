import { type Recipe, recipes } from "../../search/index.ts";
import type { Size } from "../experiment.ts";
import { type Setting, settingKey } from "../tasks/setting.ts";

/** A method, and what it is asked for. */
export interface Arm {
  readonly method: string;
  /** What the search believes networks to cost: the table, or a line through the MACs of the networks in it. */
  readonly costs?: "macs";
  /** Latencies searched for, as shares of the setting's: several make a curve. */
  readonly shares: readonly number[];
  /** Searches, by their seeds; one where chance has no part. */
  readonly seeds: readonly number[];
}

export interface Protocol {
  readonly settings: readonly Setting[];
  /** Arms whose networks are measured together, the controls beside them; the first part has the controls in it. */
  readonly parts: readonly (readonly Arm[])[];
  /** Seeds that every network found is trained under, from scratch. */
  readonly trainingSeeds: readonly number[];
  readonly searching: Recipe;
  /** Training images that searches may use, drawn once; all when absent. */
  readonly searchExamples?: number;
  readonly training: Recipe;
  readonly trainingEpochs: number;
}

const mobilenet = "mobilenet-v1-cifar";

/** Batch and rate: docs/training.md; a third of the rate leaves losses a sixth higher (docs/search.md). */
export const common: Recipe = { ...recipes.standard, batch: 64, learningRate: 0.1 };
export const searching: Recipe = {
  ...common,
  name: "frontier",
  seedEpochs: 2,
  lookaheadEpochs: 1,
  roundEpochs: 1,
  trials: 6,
  // As long as what is found is trained: shorter trials favour late stages (docs/search.md).
  trialEpochs: 12,
  finalistEpochs: 12,
};
/** Around what searches are asked for: one network of a curve may be luckier than its neighbours. */
const curve = [0.85, 1, 1.2];
export const fixed = (method: string): Arm => ({ method, shares: curve, seeds: [0] });
const searched = (methods: readonly string[], seeds: readonly number[]): readonly Arm[] =>
  methods.map((method) => ({ method, shares: [1], seeds }));
const controls = [fixed("uniform"), fixed("uniform-on-stairs")];

/** Of a search that half an hour has room for. */
export const quickSearching: Recipe = {
  ...searching,
  seedEpochs: 2,
  trials: 6,
  trialEpochs: 3,
  finalistEpochs: 4,
};

export const protocols: { readonly [S in Size]: Protocol } = {
  quick: {
    settings: [{ net: mobilenet, multiplier: 0.15 }],
    parts: [[...controls, ...searched(["splitting", "random-widths", "pyramid"], [0])]],
    trainingSeeds: [0],
    searching: quickSearching,
    searchExamples: 10_000,
    training: common,
    trainingEpochs: 4,
  },
  full: {
    settings: [0.15, 0.25, 0.4].map((multiplier) => ({ net: mobilenet, multiplier })),
    parts: [
      [...controls, ...searched(["splitting"], [0, 1, 2])],
      [...searched(["random-widths"], [0, 1, 2]), ...searched(["pyramid"], [0])],
      [
        ...searched(["random-split", "fast"], [1, 2]),
        ...searched(["morphnet", "slimming", "netadapt"], [1]),
      ],
    ],
    trainingSeeds: [0, 1],
    searching,
    training: common,
    trainingEpochs: 12,
  },
};

/** One search of an arm. */
export interface Run {
  readonly setting: Setting;
  readonly method: string;
  readonly costs?: "macs";
  readonly share: number;
  readonly seed: number;
}

/** The searches of a part at one setting: trained, and measured together. */
export interface Batch {
  readonly setting: Setting;
  readonly part: number;
  readonly runs: readonly Run[];
}

/** The first part at every setting, then the second: as much of the experiment as is there already says something. */
export function batchesOf({ settings, parts }: Protocol): readonly Batch[] {
  return parts.flatMap((arms, part) =>
    settings.map((setting) => ({
      setting,
      part,
      runs: arms.flatMap(({ shares, seeds, method, costs }) =>
        seeds.flatMap((seed) =>
          shares.map((share) => ({ setting, method, share, seed, ...(costs ? { costs } : {}) })),
        ),
      ),
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

/** What pages call an arm. */
export const armName = ({ method, costs }: Pick<Run, "method" | "costs">): string =>
  `${method}${costs ? `-by-${costs}` : ""}`;

export const runKey = ({ setting, share, seed, ...arm }: Run): string =>
  `${settingKey(setting)}-${armName(arm)}${share === 1 ? "" : `-at-${share}`}-search-${seed}`;
export const trainingKey = (run: Run, seed: number): string => `${runKey(run)}-trained-${seed}`;
export const measuredKey = ({ setting, part }: Batch): string =>
  `${settingKey(setting)}-measured-${part}`;
