import { plannedTrainings, type RecurrentSettings, type recipes } from "../../../search/index.ts";
import type { TextLengths } from "../../datasets/index.ts";
import { unknownName } from "../../errors.ts";
import type { LanguageRun } from "../../training/language/language-trainer.ts";

/** How a text is searched on and what is delivered is trained: plain JSON. */
export interface TextRecipe {
  /** Words told apart. */
  readonly words: number;
  /** Of the text's beginning, what candidates are trained and judged on; all when absent. */
  readonly searchTokens?: TextLengths;
  readonly search: RecurrentSettings;
  /** Of the cell found, from scratch, on the whole text. */
  readonly final: Omit<LanguageRun, "seed">;
}

const quickTraining = {
  batch: { rows: 20, steps: 20 },
  epochs: 4,
  learningRate: 20,
  drops: [2],
  clip: 0.25,
};
/** Of AutoShrink's release (arXiv 1911.09251): the first 4,000 lines of the Penn Treebank hold 88.8 thousand words. */
const releasedSearch: RecurrentSettings = {
  nodes: 6,
  candidates: 10,
  hiddenSize: 100,
  training: {
    batch: { rows: 128, steps: 35 },
    epochs: 10,
    learningRate: 20,
    drops: [6, 8],
    clip: 0.25,
  },
};
const releasedTokens = { training: 88_800, heldOut: 7_100 };

/** By the names of `--recipe`. */
const textRecipes: Readonly<Record<keyof typeof recipes, TextRecipe>> = {
  trial: {
    words: 100,
    searchTokens: { training: 2000, heldOut: 200 },
    search: {
      nodes: 4,
      candidates: 2,
      hiddenSize: 8,
      training: { ...quickTraining, batch: { rows: 4, steps: 5 }, epochs: 1 },
    },
    final: { ...quickTraining, batch: { rows: 4, steps: 5 }, epochs: 2 },
  },
  quick: {
    words: 1000,
    searchTokens: { training: 30_000, heldOut: 5000 },
    search: { nodes: 4, candidates: 4, hiddenSize: 48, training: quickTraining },
    final: { ...quickTraining, epochs: 8, drops: [4, 6] },
  },
  standard: {
    words: 10_000,
    searchTokens: releasedTokens,
    search: releasedSearch,
    final: { ...releasedSearch.training, epochs: 40, drops: [20, 30] },
  },
  paper: {
    words: 10_000,
    searchTokens: releasedTokens,
    search: releasedSearch,
    final: {
      batch: { rows: 64, steps: 35 },
      lengths: { deviation: 5, halved: 0.05 },
      epochs: 3000,
      learningRate: 20,
      clip: 0.25,
      decay: 8e-7,
      averageAfter: 5,
      temporalPenalty: 1e-3,
      dropouts: {
        ...{ "mask-words": 0.1, "mask-input": 0.2, "mask-cell": 0.75 },
        ...{ "mask-hidden": 0.25, "mask-output": 0.75 },
      },
    },
  },
};

export function findTextRecipe(name: string): TextRecipe {
  const found = Object.entries(textRecipes).find(([known]) => known === name);
  if (!found) throw unknownName("recipe", name, Object.keys(textRecipes));
  return found[1];
}

/** How fast the complete cell trains, which no candidate is slower than. */
export interface TextSpeed {
  /** A step on a batch of the search, s. */
  readonly step_s: number;
  /** Tracing and opening its programs, s. */
  readonly compile_s: number;
}

interface TextWorkload {
  readonly recipe: TextRecipe;
  readonly speed: TextSpeed;
  /** Words of the whole text that train. */
  readonly words: number;
  readonly workers: number;
}

/** Seconds that a search and the training from scratch take at most, evaluations left out. */
export function textPlan_s({ recipe, speed, words, workers }: TextWorkload): number {
  const { search, final, searchTokens } = recipe;
  const { training } = search;
  const searched = Math.min(words, searchTokens?.training ?? words);
  const steps = (run: Pick<LanguageRun, "batch" | "epochs">, of: number): number =>
    run.epochs * Math.floor(of / sizeOf(run));
  const candidate_s = speed.compile_s + steps(training, searched) * speed.step_s;
  const finalStep_s = (speed.step_s * sizeOf(final)) / sizeOf(training);
  return (
    (plannedTrainings(search) * candidate_s) / workers +
    speed.compile_s +
    steps(final, words) * finalStep_s
  );
}

const sizeOf = ({ batch: { rows, steps } }: Pick<LanguageRun, "batch">): number => rows * steps;

/** Part of a time limit that is planned: evaluations take the rest. */
const planned = 0.8;
/** Recipes are not shortened below this share: nothing could be told apart. */
const leastShare = 0.05;

/** The recipe with all epochs in one proportion so that the plan fits the limit; undefined where even its shortest form does not. */
export function textRecipeWithin(limit_s: number, work: TextWorkload): TextRecipe | undefined {
  for (let share = 1; share > leastShare; share *= 0.9) {
    const recipe = share === 1 ? work.recipe : shortened(work.recipe, share);
    if (textPlan_s({ ...work, recipe }) <= planned * limit_s) return recipe;
  }
  return undefined;
}

function shortened(recipe: TextRecipe, share: number): TextRecipe {
  const { search, final } = recipe;
  return {
    ...recipe,
    search: { ...search, training: shorterRun(search.training, share) },
    final: shorterRun(final, share),
  };
}

/** Fewer or more epochs, whose rates fall where they fell in proportion. */
export function shorterRun<R extends Pick<LanguageRun, "epochs" | "drops">>(
  run: R,
  share: number,
): R {
  const epochs = Math.max(1, Math.round(share * run.epochs));
  const drops = run.drops?.map((drop) => Math.floor(share * drop));
  return { ...run, epochs, ...(drops ? { drops } : {}) };
}
