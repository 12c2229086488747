import type { Augmentation, Split } from "../datasets/index.ts";
import { initialWeights } from "../network/initial-weights.ts";
import type { Network } from "../network/network.ts";
import { seededRandom } from "../random.ts";
import type { Engine } from "../tensor/index.ts";
import type { Optimizer } from "./optimizers.ts";
import { type Annealing, annealings } from "./schedule.ts";
import { Trainer } from "./trainer.ts";
import { freshState, type TrainingState } from "./training-state.ts";

/** Scores after one epoch, counted from 1. */
export interface EpochScores {
  readonly epoch: number;
  /** Mean over the epoch's batches, while the weights moved. */
  readonly trainingLoss: number;
  readonly heldOutLoss: number;
  readonly heldOutAccuracy: number;
}

/** A training between two epochs. */
export interface FitPoint {
  readonly state: TrainingState;
  /** One entry per epoch done. */
  readonly curve: readonly EpochScores[];
}

export interface FitOptions {
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly train: Split;
  readonly heldOut: Split;
  readonly augment?: Augmentation | undefined;
  readonly epochs: number;
  readonly batch: number;
  /** The rate's peak. */
  readonly learningRate: number;
  /** How it comes down over all epochs; "cosine" when absent. */
  readonly schedule?: Annealing;
  readonly labelSmoothing?: number;
  /** Epochs draw from (seed, epoch), so that a resumed training repeats the one that was not interrupted. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (point: FitPoint) => void;
  /** Told of epochs done, fractions included. */
  readonly onStep?: (epochsDone: number) => void;
}

/** Fresh weights under the seed. */
export function begin({ network, optimizer, seed }: FitOptions): FitPoint {
  const weights = initialWeights(network, seededRandom(seed));
  return { state: freshState(network, weights, optimizer), curve: [] };
}

/** Plain training from `start` to the last epoch. Throws a DivergenceError when the loss stops being a number. */
export async function trainEpochs(
  engine: Engine,
  start: FitPoint,
  options: FitOptions,
): Promise<FitPoint> {
  const { network, optimizer, train, heldOut, augment, epochs, signal } = options;
  const { schedule = "cosine", labelSmoothing = 0 } = options;
  const trainer = new Trainer(engine, network, optimizer, { labelSmoothing });
  try {
    let point = start;
    for (let epoch = start.curve.length; epoch < epochs; epoch++) {
      const { state, score } = await trainer.epoch(point.state, {
        split: train,
        batch: Math.min(options.batch, train.count),
        schedule: annealings[schedule](options.learningRate),
        span: [epoch / epochs, (epoch + 1) / epochs],
        random: seededRandom(Math.imul(options.seed + 1, 0x9e3779b1) + epoch),
        ...(augment ? { augment } : {}),
        ...(signal ? { signal } : {}),
        onStep: ({ done, total }) => options.onStep?.(epoch + done / total),
      });
      const { loss, accuracy } = await trainer.evaluate(state.weights, heldOut);
      const scores = {
        epoch: epoch + 1,
        trainingLoss: score.loss,
        heldOutLoss: loss,
        heldOutAccuracy: accuracy,
      };
      point = { state, curve: [...point.curve, scores] };
      options.onEpoch?.(point);
    }
    return point;
  } finally {
    await trainer.release();
  }
}
