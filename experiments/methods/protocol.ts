import { type Recipe, recipes, searchMethods } from "../../search/index.ts";
import type { Size } from "../experiment.ts";
import type { Setting } from "../tasks/setting.ts";
import type { TableSize } from "../tasks/table-task.ts";

/** The space whose widths are searched for; its uniform network gives the limit of all. */
export const setting: Setting = { net: "mnist-cnn", multiplier: 0.5 };
/** Where methods search that do not search for widths: networks for the same images. */
const spaceOf = { operators: "hurricane-mnist", wirings: "shrink-cnn" } as const;
export const spaces: readonly string[] = [setting.net, ...Object.values(spaceOf)];
export const dataset = "fashion-mnist";

export const seeds = [0, 1, 2] as const;
/** Trained at several latencies: what others are held against at their own. */
export const controls = ["uniform", "uniform-on-stairs"] as const;
const controlShares = [0.85, 1, 1.2];

export interface Protocol {
  /** Networks measured for the costs of each space. */
  readonly table: Readonly<Record<string, TableSize>>;
  readonly methods: readonly string[];
  readonly searching: Recipe;
  /** Examples that every search trains, each at the limit's latency. */
  readonly account: number;
  readonly training: Recipe;
  /** Of every network found, from scratch. */
  readonly trainingEpochs: number;
}

const common: Recipe = { ...recipes.quick, batch: 64, learningRate: 0.1, supernetEpochs: 8 };

export const protocols: { readonly [S in Size]: Protocol } = {
  quick: {
    table: {
      [setting.net]: { designNetworks: 30, heldOutNetworks: 6 },
      [spaceOf.operators]: { designNetworks: 45, heldOutNetworks: 6 },
      [spaceOf.wirings]: { designNetworks: 24, heldOutNetworks: 6 },
    },
    methods: ["splitting", "random-widths", "hurricane", "autoshrink"],
    searching: {
      ...common,
      name: "methods, quick",
      rounds: 2,
      trials: 4,
      directionExamples: 1024,
      heldOutExamples: 1024,
      judgedPaths: 16,
    },
    account: 40_000,
    training: common,
    trainingEpochs: 2,
  },
  full: {
    table: Object.fromEntries(spaces.map((space) => [space, {}])),
    methods: searchMethods
      .map(({ name }) => name)
      .filter((name) => controls.every((control) => control !== name)),
    searching: {
      ...common,
      name: "methods, full",
      trials: 14,
      finalistEpochs: 3,
      judgedPaths: 100,
    },
    account: 800_000,
    training: common,
    trainingEpochs: 12,
  },
};

/** One search. */
export interface Run {
  readonly method: string;
  readonly space: string;
  /** Of the limit. */
  readonly share: number;
  readonly seed: number;
}

const isControl = (method: string): boolean => controls.some((control) => control === method);

/** Controls have no chance in them: one search, whose network is trained under all seeds. */
export const runsOf = ({ methods }: Protocol): readonly Run[] => [
  ...controls.flatMap((method) =>
    controlShares.map((share) => ({ method, space: setting.net, share, seed: 0 })),
  ),
  ...seeds.flatMap((seed) =>
    methods.map((method) => ({ method, space: spaceFor(method), share: 1, seed })),
  ),
];

function spaceFor(name: string): string {
  const kind = searchMethods.find((method) => method.name === name)?.searchesFor;
  return kind ? spaceOf[kind] : setting.net;
}

/** Seeds that a run's network is trained under: a search's own, all of a control's. */
export const trainingSeeds = ({ method, seed }: Run): readonly number[] =>
  isControl(method) ? seeds : [seed];

/** Controls at the limit are also trained for as many examples more as searches train. */
export const trainsLonger = ({ method, share }: Run): boolean => isControl(method) && share === 1;

export const longerName = (method: string): string => `${method}, trained longer`;

export const runKey = ({ method, share, seed }: Run): string =>
  `${method}${share === 1 ? "" : `-at-${share}`}-search-${seed}`;
export const trainingKey = (run: Run, seed: number): string => `${runKey(run)}-trained-${seed}`;
export const longerKey = (run: Run, seed: number): string => `${runKey(run)}-longer-${seed}`;
export const measuredKey = "measured";
