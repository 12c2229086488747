import { randomWirings } from "../../search/autoshrink/random-wirings.ts";
import { mostTrainings } from "../../search/autoshrink/shrink.ts";
import { shrinkMethod } from "../../search/autoshrink/shrink-method.ts";
import { type Recipe, recipes, type SearchMethod } from "../../search/index.ts";
import { completeWiring } from "../../src/network/cells/wiring.ts";
import type { Size } from "../experiment.ts";

export const net = "shrink-cnn";
export const data = "fashion-mnist";
/** Nodes of the preset's cells. */
const nodes = 5;
const edges = completeWiring(nodes).edges.length;

/** Images that cells are trained and judged on in a search, and that what was found is trained on. */
export const searchExamples = { training: 1000, heldOut: 500 } as const;
export const finalExamples = 8000;
export const finalEpochs = 16;

export const searching: Recipe = {
  ...recipes.quick,
  name: "autoshrink",
  batch: 32,
  learningRate: 0.05,
  epochExamples: searchExamples.training,
  trialEpochs: 8,
  finalEpochs: 0,
  inheritedEpochs: 0,
};

export const training: Recipe = { ...searching, batch: 64, epochExamples: finalExamples };

const shrinking = (candidates: number, removal: "best" | "random" = "best"): SearchMethod =>
  shrinkMethod({ name: `${removal}-of-${candidates}`, summary: "", candidates, removal });

/** Of the first arms, which are given as many. */
const trainings = mostTrainings(edges, 4, 1);

export interface Arm {
  readonly label: string;
  readonly method: SearchMethod;
  /** Wirings trained, at most. */
  readonly trainings: number;
}

/** How a wiring is searched for; the first arm is held against the others. */
export const arms: readonly [Arm, ...Arm[]] = [
  { label: "autoshrink, 4 candidates a step", method: shrinking(4), trainings },
  { label: "edges removed by chance", method: shrinking(4, "random"), trainings },
  {
    label: "wirings drawn by chance",
    method: randomWirings("drawn", "", () => trainings),
    trainings,
  },
  {
    label: "autoshrink, 1 candidate a step",
    method: shrinking(1),
    trainings: mostTrainings(edges, 1, 1),
  },
  {
    label: "autoshrink, every edge a step",
    method: shrinking(edges),
    trainings: mostTrainings(edges, edges, 1),
  },
];

/** The last arm takes as long as two others. */
export const armsOf = (size: Size): readonly Arm[] => (size === "quick" ? arms.slice(0, -1) : arms);

/** Trainings of one wiring, for the noise of its score. */
export const noiseRuns = 10;

export const seedsOf = (size: Size): readonly number[] =>
  Array.from({ length: size === "quick" ? 3 : 5 }, (_, seed) => seed);

export const noiseKey = "noise";
export const searchKey = (arm: number, seed: number): string => `search-${arm}-seed-${seed}`;
/** Of what an arm found, or of a wiring that nobody searched for. */
export const finalKey = (arm: number | Control, seed: number): string =>
  `final-${arm}-seed-${seed}`;
export const controls = { complete: "complete wiring", thinned: "complete wiring, thinned" };
export type Control = keyof typeof controls;
