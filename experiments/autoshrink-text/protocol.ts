import type { Shrinking } from "../../search/autoshrink/shrink.ts";
import { mostTrainings } from "../../search/autoshrink/shrink.ts";
import { completeWiring } from "../../src/network/cells/wiring.ts";
import type { LanguageRun } from "../../src/training/language/language-trainer.ts";
import type { Size } from "../experiment.ts";

const nodes = 4;
export const complete = completeWiring(nodes);
/** Edges left at the end: a quarter of all, as in the release. */
export const last = Math.round(complete.edges.length / 4);
const candidates = 4;
/** Trainings of a search. */
export const trainings = mostTrainings(complete.edges.length, candidates, last);

export const hiddenSize = 48;
/** Words told apart; of the King James Version they cover nine tenths of the text. */
export const words = 1000;
export const searchTokens = { training: 30_000, heldOut: 5_000 } as const;
export const finalTokens = { training: 120_000, heldOut: 10_000 } as const;

export const searching: Omit<LanguageRun, "seed"> = {
  batch: { rows: 20, steps: 20 },
  epochs: 4,
  learningRate: 20,
  drops: [2],
  clip: 0.25,
};
export const training: Omit<LanguageRun, "seed"> = { ...searching, epochs: 8, drops: [4, 6] };

/** How a wiring is searched for; the first arm is held against the others. */
export interface Arm {
  readonly label: string;
  /** Absent: drawn by chance, and the best of them. */
  readonly shrinking?: Pick<Shrinking, "candidates" | "removal">;
}
export const arms: readonly [Arm, ...Arm[]] = [
  { label: "autoshrink", shrinking: { candidates, removal: "best" } },
  { label: "edges removed by chance", shrinking: { candidates, removal: "random" } },
  { label: "wirings drawn by chance" },
];

export const noiseRuns = 6;
export const seedsOf = (size: Size): readonly number[] =>
  Array.from({ length: size === "quick" ? 3 : 5 }, (_, seed) => seed);

export const noiseKey = "noise";
export const searchKey = (arm: number, seed: number): string => `search-${arm}-seed-${seed}`;
export const finalKey = (arm: number | "complete", seed: number): string =>
  `final-${arm}-seed-${seed}`;
