import { type Augmentation, pick, type Split } from "../src/datasets/index.ts";
import type { Network } from "../src/network/network.ts";
import { type Random, seededRandom, shuffled } from "../src/random.ts";
import type { Engine } from "../src/tensor/index.ts";
import { kfac, type Optimizer, sgd } from "../src/training/optimizers.ts";
import type { Evaluation } from "../src/training/passes.ts";
import { annealings, type Schedule, steadySchedule } from "../src/training/schedule.ts";
import type { Penalty } from "../src/training/train-step.ts";
import { Trainer } from "../src/training/trainer.ts";
import type { TrainingState } from "../src/training/training-state.ts";
import type { Recipe } from "./recipe.ts";

/** What every phase of a search or baseline trains on. */
export interface SearchData {
  readonly name: string;
  readonly train: Split;
  /** Held out from the training data: judges gains and rounds. The test split is read once, at the end. */
  readonly validation: Split;
  readonly test: Split;
  readonly augment?: Augmentation;
}

export interface PhaseOptions {
  readonly engine: Engine;
  readonly data: SearchData;
  readonly recipe: Recipe;
  readonly epochs: number;
  /** The rate falls to 0 over the phase, or stays at the peak; "anneal" when absent. */
  readonly rate?: "anneal" | "hold";
  /** The rate rises over the first steps; true when absent. */
  readonly warmUp?: boolean;
  readonly penalty?: Penalty;
  /** Trains the network; one of its own when absent. Released in the end. */
  readonly trainer?: PhaseTrainer;
  /** Decides the order of examples; epochs draw from (seed, phase, epoch), so that a resumed phase repeats it. */
  readonly seed: number;
  readonly phase: number;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (done: PhasePoint) => void;
  readonly onStep?: (epochsDone: number) => void;
}

/** What trains in a phase. */
export type PhaseTrainer = Pick<Trainer, "epoch" | "evaluate" | "release">;

/** A moment between two epochs of a phase. */
export interface PhasePoint {
  readonly state: TrainingState;
  /** Epochs of the phase done. */
  readonly epoch: number;
  /** Mean over the last epoch done; NaN before the first. */
  readonly trainingLoss: number;
}

export interface PhaseResult {
  readonly state: TrainingState;
  /** Mean over the last epoch; NaN when no epoch was left to train. */
  readonly trainingLoss: number;
  readonly validation: Evaluation;
}

/** The optimiser of every phase: Nesterov momentum unless the recipe says otherwise, decay on kernels (the papers' settings). */
export const searchOptimizer = ({ optimizer = "sgd", weightDecay }: Recipe): Optimizer =>
  optimizer === "kfac"
    ? kfac({ weightDecay })
    : sgd({ momentum: 0.9, nesterov: true, weightDecay });

/** Trains from `start` (whose `epoch` epochs are done) to the end of the phase. */
export async function trainPhase(
  network: Network,
  start: PhasePoint,
  options: PhaseOptions,
): Promise<PhaseResult> {
  const { engine, data, recipe, epochs, seed, phase, penalty, signal, onEpoch, onStep } = options;
  const { labelSmoothing = 0 } = recipe;
  const extras = { labelSmoothing, ...(penalty ? { penalty } : {}) };
  const { trainer = new Trainer(engine, network, searchOptimizer(recipe), extras) } = options;
  try {
    let { state, trainingLoss } = start;
    for (let epoch = start.epoch; epoch < epochs; epoch++) {
      const random = phaseRandom(seed, phase, epoch);
      const trained = await trainer.epoch(state, {
        split: draw(data.train, epochExamples(recipe, data), random),
        batch: recipe.batch,
        schedule: phaseSchedule(options),
        span: [epoch / epochs, (epoch + 1) / epochs],
        random,
        ...(data.augment ? { augment: data.augment } : {}),
        ...(signal ? { signal } : {}),
        onStep: ({ done, total }) => onStep?.(epoch + done / total),
      });
      state = trained.state;
      trainingLoss = trained.score.loss;
      onEpoch?.({ state, epoch: epoch + 1, trainingLoss });
    }
    const validation = await trainer.evaluate(state.weights, data.validation);
    return { state, trainingLoss, validation };
  } finally {
    await trainer.release();
  }
}

/** Examples of one epoch. */
export const epochExamples = ({ epochExamples = Infinity }: Recipe, { train }: SearchData) =>
  Math.min(epochExamples, train.count);

function phaseSchedule({ recipe, rate = "anneal", warmUp = true }: PhaseOptions): Schedule {
  const { schedule = "cosine", learningRate } = recipe;
  const falling = rate === "anneal" ? annealings[schedule] : steadySchedule;
  return falling(learningRate, warmUp ? {} : { warmUp: 0 });
}

/** Random numbers that depend on nothing but these: a resumed search draws what the first run drew. */
export const phaseRandom = (seed: number, phase: number, epoch: number) =>
  seededRandom((Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(phase + 1, 0x85ebca6b)) + epoch);

/** `count` examples of the split without repetition, or all of them. */
export function draw(split: Split, count: number, random: Random): Split {
  if (count >= split.count) return split;
  return pick(split, shuffled(split.rows.keys(), random).slice(0, count));
}
