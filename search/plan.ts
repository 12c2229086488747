import type { Split } from "../src/datasets/index.ts";
import type { Network } from "../src/network/network.ts";
import { seededRandom } from "../src/random.ts";
import type { Engine } from "../src/tensor/index.ts";
import { steadySchedule } from "../src/training/schedule.ts";
import { Trainer } from "../src/training/trainer.ts";
import { firstMove } from "./first-move.ts";
import { fromScratch } from "./from-scratch.ts";
import type { Outlook, SearchContext, SearchMethod } from "./method.ts";
import { judgedPaths, type Recipe } from "./recipe.ts";
import { draw, epochExamples, searchOptimizer } from "./training-phase.ts";

/** What a search means to train, before it starts. */
export interface SearchPlan {
  readonly candidates: number;
  readonly epochs: number;
  /** Repetitions counted. */
  readonly examples: number;
  /** At the speed that `trainingSpeed` found, long analyses between rounds counted. */
  readonly estimated_s: number;
}

/**
 * Asks the method for its first move and outlook, and trains nothing. Throws what the search would: a UserError (exit
 * "budget") where nothing fits. Workers are counted on for wirings alone, which all come several in a round.
 */
export async function planSearch(
  method: SearchMethod,
  context: SearchContext,
  examplesPerSecond: number,
  workers = 1,
): Promise<SearchPlan> {
  const move = await firstMove(method, context);
  const { finalEpochs, inheritedEpochs } = context.recipe;
  const first = "candidates" in move ? move.candidates : [];
  const later: Outlook = "candidates" in move ? move.outlook : { candidates: 0, epochs: 0 };
  const final = "candidates" in move ? finalEpochs + inheritedEpochs : finalEpochs;
  const epochs = first.reduce((sum, { epochs }) => sum + epochs, 0) + later.epochs + final;
  const perEpoch = epochExamples(context.recipe, context.data);
  const examples = epochs * perEpoch;
  const analysed = (later.analysisEpochs ?? 0) * perEpoch;
  const atOnce = method.searchesFor === "wirings" ? workers : 1;
  const shared = (epochs - final) * perEpoch;
  return {
    candidates: first.length + later.candidates + ("candidates" in move ? 2 : 1),
    epochs,
    examples,
    estimated_s: (shared / atOnce + final * perEpoch + analysed) / examplesPerSecond,
  };
}

export interface SpeedOptions {
  readonly engine: Engine;
  readonly train: Split;
  readonly recipe: Recipe;
  /** Monotonic clock. */
  readonly now_s: () => number;
}

/** Batches before those that are timed, for the runtime to warm up. */
const warmUpBatches = 4;
const timedBatches = 12;

/** Training examples per second of a network on this machine, from a few batches. */
export async function trainingSpeed(
  network: Network,
  { engine, train, recipe, now_s }: SpeedOptions,
): Promise<number> {
  const random = seededRandom(0);
  const trainer = new Trainer(engine, network, searchOptimizer(recipe));
  const timed = async (wanted: number): Promise<number> => {
    const split = draw(train, wanted * recipe.batch, random);
    const batch = Math.min(recipe.batch, split.count);
    const start_s = now_s();
    await trainer.epoch(fromScratch(network, { seed: 0, recipe }, 0), {
      split,
      batch,
      schedule: steadySchedule(recipe.learningRate),
      span: [0, 1],
      random,
    });
    return (batch * Math.floor(split.count / batch)) / Math.max(1e-9, now_s() - start_s);
  };
  try {
    await timed(warmUpBatches);
    return await timed(timedBatches);
  } finally {
    await trainer.release();
  }
}

/** Part of a time limit that is planned: candidates wider than the one timed, and directions, take the rest. */
const planned = 0.8;
/** Recipes are not shortened below this share of their epochs and examples: nothing could be told apart. */
const leastShare = 0.05;

/**
 * The recipe with all epochs, and then the examples of an epoch, in one proportion so that the plan fits the limit;
 * undefined where even its shortest form does not.
 */
export async function recipeWithin(
  limit_s: number,
  context: SearchContext,
  planOf: (context: SearchContext) => Promise<SearchPlan>,
): Promise<Recipe | undefined> {
  const time = async (recipe: Recipe) => (await planOf({ ...context, recipe })).estimated_s;
  for (let share = 1; share > leastShare; share *= 0.9) {
    const recipe = shortened(context.recipe, share, epochExamples(context.recipe, context.data));
    if ((await time(recipe)) <= planned * limit_s) return recipe;
  }
  return undefined;
}

/** Epochs first; once a comparison is down to one epoch, the examples of an epoch. */
function shortened(recipe: Recipe, share: number, examples: number): Recipe {
  if (share === 1) return recipe;
  const scaled = (epochs: number) => Math.max(1, Math.round(epochs * share));
  const epochs = {
    seedEpochs: scaled(recipe.seedEpochs),
    lookaheadEpochs: scaled(recipe.lookaheadEpochs),
    roundEpochs: scaled(recipe.roundEpochs),
    trialEpochs: scaled(recipe.trialEpochs),
    finalistEpochs: scaled(recipe.finalistEpochs),
    finalEpochs: scaled(recipe.finalEpochs),
    inheritedEpochs: scaled(recipe.inheritedEpochs),
    judgedPaths: scaled(judgedPaths(recipe)),
    ...(recipe.supernetEpochs ? { supernetEpochs: scaled(recipe.supernetEpochs) } : {}),
  };
  const wanted = share * (recipe.seedEpochs + recipe.finalEpochs);
  const rest = Math.min(1, wanted / (epochs.seedEpochs + epochs.finalEpochs));
  return { ...recipe, ...epochs, epochExamples: Math.round(rest * examples) };
}
