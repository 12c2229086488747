import { DivergenceError, type Evaluation } from "../src/training/passes.ts";
import { widthsOf } from "./group-widths.ts";
import type { CandidateRecord, NetworkCost } from "./history.ts";
import { meanPathCost } from "./hurricane/supernet.ts";
import { SupernetTrainer } from "./hurricane/supernet-trainer.ts";
import type { SearchContext, TrainedCandidate } from "./method.ts";
import { epochsBehind, isOpen, type Trial } from "./search-state.ts";
import { summedCost } from "./summed-cost.ts";
import { epochExamples, trainPhase } from "./training-phase.ts";

export interface TrialWork {
  /** Absent: one trial after the other, in this process. */
  readonly workers?: TrialWorkers | undefined;
  /** Rounds finished: candidates of one round see the same examples in the same order. */
  readonly round: number;
  /** Called after every epoch with all trials as they stand. */
  readonly onEpoch: (trials: readonly Trial[]) => void;
  /** Called with the trial in training and the epochs done of all trials, fractions included. */
  readonly onStep: (trial: number, epochsDone: number) => void;
}

/** Trains trials in other processes, several at once. */
export interface TrialWorkers {
  /** Of them. */
  readonly count: number;
  /** Gives what `trainTrial` gives. */
  train(trial: Trial, settings: TrialSettings, work: OneTrialWork): Promise<Trial>;
}
export type TrialSettings = Pick<SearchContext, "recipe" | "seed">;

/**
 * Trains every trial to its end, several at once where there are workers; one that diverges stays behind with the reason, unless all
 * do. What comes of a trial does not depend on the others, nor on where it is trained.
 */
export async function trainTrials(
  trials: readonly Trial[],
  context: SearchContext,
  { workers, round, onEpoch, onStep }: TrialWork,
): Promise<readonly Trial[]> {
  const done = [...trials];
  const epochs = trials.map(epochsBehind);
  const open = [...trials.entries()].filter(([, trial]) => isOpen(trial));
  // A space of operators is made of functions, which no message holds.
  const elsewhere =
    workers && open.length > 1 && open.every(([, { choices }]) => !choices) ? workers : undefined;
  const finish = async ([i, trial]: readonly [number, Trial]): Promise<void> => {
    const work: OneTrialWork = {
      round,
      onEpoch: (now) => {
        done[i] = now;
        onEpoch([...done]);
      },
      onStep: (epochsDone) => {
        epochs[i] = epochsDone;
        onStep(i, sumOf(epochs));
      },
    };
    done[i] = await (elsewhere
      ? elsewhere.train(trial, context, work)
      : trainTrial(trial, context, work));
    epochs[i] = trial.epochs;
    onEpoch([...done]);
  };
  if (elsewhere) await Promise.all(open.map(finish));
  else for (const one of open) await finish(one);
  return done;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0);

export interface OneTrialWork {
  /** Rounds finished before. */
  readonly round: number;
  readonly onEpoch: (trial: Trial) => void;
  readonly onStep: (epochsDone: number) => void;
}

/** Trains a trial to its end. */
export async function trainTrial(
  trial: Trial,
  {
    engine,
    data,
    recipe,
    seed,
    signal,
    operators,
  }: Pick<SearchContext, "engine" | "data" | "recipe" | "seed" | "signal" | "operators">,
  { round, onEpoch, onStep }: OneTrialWork,
): Promise<Trial> {
  let last = trial;
  const start = { state: trial.training, epoch: trial.epoch, trainingLoss: trial.trainingLoss };
  try {
    const { validation } = await trainPhase(trial.network, start, {
      engine,
      data,
      recipe,
      epochs: trial.epochs,
      rate: trial.rate,
      warmUp: trial.fresh,
      seed,
      phase: round,
      ...(trial.penalty ? { penalty: trial.penalty } : {}),
      ...(trial.choices && operators
        ? {
            trainer: new SupernetTrainer(
              { space: operators, choices: trial.choices },
              { engine, data, recipe },
            ),
          }
        : {}),
      ...(signal ? { signal } : {}),
      onEpoch: ({ state: training, epoch, trainingLoss }) => {
        last = { ...trial, training, epoch, trainingLoss };
        onEpoch(last);
      },
      onStep,
    });
    if (Number.isFinite(validation.loss)) return { ...last, validation };
    return { ...last, diverged: `The held-out loss became ${validation.loss}` };
  } catch (error) {
    if (error instanceof DivergenceError) return { ...last, diverged: error.message };
    throw error;
  }
}

/** Worse than anything that was trained. */
const noEvaluation: Evaluation = {
  loss: Number.POSITIVE_INFINITY,
  accuracy: 0,
  count: 0,
  losses: new Float32Array(),
};

/** A trial as methods see it. */
export const trainedCandidate = (
  { fresh: _, epoch: __, diverged: ___, validation = noEvaluation, ...candidate }: Trial,
  context: SearchContext,
): TrainedCandidate => ({ ...candidate, validation, cost: candidateCost(candidate, context) });

/** Of a supernet, what its paths cost in the mean. */
const candidateCost = (
  { network, choices }: Pick<Trial, "network" | "choices">,
  { costs, operators }: SearchContext,
): NetworkCost =>
  choices && operators ? meanPathCost(operators, choices, costs) : summedCost(network, costs);

/** A trial as the history keeps it. */
export function candidateRecord(trial: Trial, context: SearchContext): CandidateRecord {
  const { recipe, data } = context;
  const { label, network, promise, split, epoch, trainingLoss, validation, diverged } = trial;
  return {
    label,
    widths: widthsOf(network),
    cost: candidateCost(trial, context),
    ...(promise === undefined ? {} : { promise }),
    ...(split ? { split } : {}),
    epochs: epoch,
    examples: epoch * stepExamples(epochExamples(recipe, data), recipe.batch),
    ...(Number.isNaN(trainingLoss) ? {} : { trainingLoss }),
    ...(validation ? { validation: recordedScore(validation) } : {}),
    ...(diverged ? { diverged } : {}),
  };
}

/** Whole batches only. */
const stepExamples = (examples: number, batch: number): number =>
  batch * Math.floor(examples / batch);

function recordedScore({ loss, accuracy, losses }: Evaluation) {
  const squares = losses.reduce((sum, one) => sum + (one - loss) ** 2, 0);
  const lossError = Math.sqrt(squares / Math.max(1, losses.length - 1) / losses.length);
  return { loss, lossError, accuracy };
}
