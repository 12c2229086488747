import { existsSync } from "node:fs";
import { z } from "zod";
import type { Recipe, SearchData } from "../../search/index.ts";
import { phaseRandom, searchOptimizer, trainPhase } from "../../search/training-phase.ts";
import { initialWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { progressOf } from "../../src/progress.ts";
import type { Score } from "../../src/training/passes.ts";
import { loadTraining, saveTraining } from "../../src/training/state-file.ts";
import { Trainer } from "../../src/training/trainer.ts";
import { freshState, type TrainingState } from "../../src/training/training-state.ts";
import type { Task } from "../experiment.ts";
import type { DataChoice, Laboratory } from "../laboratory.ts";

/** A network trained from scratch on one cosine, with the optimiser of the searches. */
export interface Training {
  readonly key: string;
  readonly label: string;
  readonly network: Network;
  readonly data: DataChoice;
  readonly recipe: Recipe;
  readonly epochs: number;
  /** Of initial weights and the order of examples; arms with the same seed see the same order. */
  readonly seed: number;
  readonly estimated_s: number;
}

const scoreSchema = z.object({ loss: z.number(), accuracy: z.number(), count: z.number() });

export const trainedSchema = z.object({
  seed: z.number(),
  epochs: z.number(),
  examples: z.number(),
  trainedOn: z.string(),
  /** Mean over the last epoch. */
  trainingLoss: z.number(),
  heldOut: scoreSchema,
  /** Read once, after the last epoch. */
  test: scoreSchema,
});
export type Trained = z.infer<typeof trainedSchema>;

/** A training that goes on from its last epoch after a kill. */
export const trainTask = (training: Training): Task => ({
  key: training.key,
  label: training.label,
  kind: "train",
  estimated_s: training.estimated_s,
  run: (laboratory) => train(training, laboratory),
});

async function train(training: Training, laboratory: Laboratory): Promise<Trained> {
  const { network, recipe, epochs, seed } = training;
  const { terminal, signal } = laboratory.context;
  const data = await laboratory.data(training.data, network.input);
  const engine = await laboratory.engine();
  const checkpoint = laboratory.folder.workFile(training.key);
  const start = existsSync(checkpoint) ? resumed(checkpoint) : begun(training);
  const started_s = performance.now() / 1000;
  const { state, trainingLoss, validation } = await trainPhase(network, start, {
    engine,
    data,
    recipe,
    epochs,
    seed,
    phase: 0,
    signal,
    onEpoch: (point) => keep(checkpoint, point),
    onStep: (done) => {
      const elapsed_s = performance.now() / 1000 - started_s;
      const sitting = { done: done - start.epoch, total: epochs - start.epoch, elapsed_s };
      terminal.progress(progressOf(`${training.label}, epochs`, sitting));
    },
  });
  return {
    seed,
    epochs,
    examples: data.train.count,
    trainedOn: laboratory.trainedOn,
    trainingLoss,
    heldOut: scoreOf(validation),
    test: await testScore(training, state, data, laboratory),
  };
}

const scoreOf = ({ loss, accuracy, count }: Score) => ({ loss, accuracy, count });

async function testScore(
  { network, recipe }: Training,
  { weights }: TrainingState,
  { test }: SearchData,
  laboratory: Laboratory,
): Promise<Score> {
  const trainer = new Trainer(await laboratory.engine(), network, searchOptimizer(recipe));
  try {
    return scoreOf(await trainer.evaluate(weights, test));
  } finally {
    await trainer.release();
  }
}

type Point = Parameters<typeof trainPhase>[1];

function begun({ network, recipe, seed }: Training): Point {
  const weights = initialWeights(network, phaseRandom(seed, -1, 0));
  const state = freshState(network, weights, searchOptimizer(recipe));
  return { state, epoch: 0, trainingLoss: Number.NaN };
}

const noteSchema = z.object({ epoch: z.number(), trainingLoss: z.number() });

const keep = (path: string, { state, epoch, trainingLoss }: Point): void =>
  saveTraining(path, { state, note: { epoch, trainingLoss } });

function resumed(path: string): Point {
  const { state, note } = loadTraining(path, noteSchema);
  return { ...note, state };
}
