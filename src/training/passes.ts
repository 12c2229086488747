import { type Batch, batches, type Split } from "../datasets/index.ts";
import { UserError } from "../errors.ts";
import type { Random } from "../random.ts";
import type { Optimizer } from "./optimizers.ts";
import type { Schedule } from "./schedule.ts";

export interface EpochOptions {
  readonly split: Split;
  readonly batch: number;
  readonly schedule: Schedule;
  /** Where this epoch lies in the schedule: [first, last) as fractions of training. */
  readonly span: readonly [number, number];
  readonly augment?: "crop-flip" | "shift";
  readonly random: Random;
  readonly signal?: AbortSignal;
  readonly onStep?: (step: EpochProgress) => void;
}

export interface EpochProgress {
  readonly done: number;
  readonly total: number;
  readonly loss: number;
}

export interface Score {
  /** Mean cross-entropy. */
  readonly loss: number;
  readonly accuracy: number;
  readonly count: number;
}

/** A score with the loss of every example, so that two networks can be compared example by example. */
export interface Evaluation extends Score {
  /** [count], in the order of the split; where an example has several answers, of those whose label is known. */
  readonly losses: Float32Array;
}

/** Training stopped giving numbers. */
export class DivergenceError extends UserError {}

interface EpochRun extends EpochOptions {
  readonly optimizer: Optimizer;
  /** Since the optimiser was fresh. */
  readonly stepsBefore: number;
}

/** One step on a batch, `done` of the epoch's before it; gives the batch's mean loss and how many were right. */
export type Step = (
  batch: Batch,
  at: { readonly rate: number; readonly done: number },
) => Promise<{ readonly loss: number; readonly correct: number }>;

/** One pass over the split in random order. Throws a DivergenceError when the loss stops being a number. */
export async function runEpoch(
  options: EpochRun,
  step: Step,
): Promise<{ readonly score: Score; readonly steps: number }> {
  const { split, batch, schedule, span, random, signal, onStep, optimizer, stepsBefore } = options;
  const total = Math.floor(split.count / batch);
  let [loss, correct, done, count] = [0, 0, 0, 0];
  const augment = options.augment ? { augment: options.augment } : {};
  for (const part of batches(split, { size: batch, random, dropLast: true, ...augment })) {
    signal?.throwIfAborted();
    const at = span[0] + ((span[1] - span[0]) * done) / total;
    const steps = stepsBefore + done + 1;
    const rate = optimizer.stepRate(schedule(at), steps);
    const result = await step(part, { rate, done });
    if (!Number.isFinite(result.loss)) throw lossError(result.loss, steps, rate);
    loss += result.loss;
    correct += result.correct;
    count += labelled(part);
    done++;
    onStep?.({ done, total, loss: result.loss });
  }
  return {
    score: { loss: loss / done, accuracy: correct / count, count },
    steps: stepsBefore + done,
  };
}

/** Answers of a batch whose label is known. */
const labelled = ({ y }: Batch): number =>
  y.reduce((known, label) => known + (label < 0 ? 0 : 1), 0);

const lossError = (loss: number, step: number, rate: number): DivergenceError =>
  new DivergenceError(`The loss became ${loss} at step ${step} (learning rate ${rate})`, {
    hint: "Training diverged: lower --learning-rate; the last good round is kept.",
  });

/** One pass over the split in its own order; `run` gives every example's loss and how many were right. */
export async function runEvaluation(
  split: Split,
  batch: number,
  run: (batch: Batch) => Promise<{ readonly losses: ArrayLike<number>; readonly correct: number }>,
): Promise<Evaluation> {
  const found: number[] = [];
  let correct = 0;
  for (const part of batches(split, { size: Math.min(batch, split.count) })) {
    const result = await run(part);
    for (let i = 0; i < part.y.length; i++)
      if ((part.y[i] ?? 0) >= 0) found.push(result.losses[i] ?? Number.NaN);
    correct += result.correct;
  }
  const losses = Float32Array.from(found);
  const count = losses.length;
  const loss = losses.reduce((sum, one) => sum + one, 0) / count;
  return { loss, accuracy: correct / count, count, losses };
}
