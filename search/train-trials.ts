import { DivergenceError, type Evaluation } from "../src/training/passes.ts";
import { widthsOf } from "./group-widths.ts";
import type { CandidateRecord, NetworkCost } from "./history.ts";
import { meanPathCost } from "./hurricane/supernet.ts";
import { SupernetTrainer } from "./hurricane/supernet-trainer.ts";
import type { SearchContext, TrainedCandidate } from "./method.ts";
import { networkCost } from "./network-cost.ts";
import type { Trial } from "./search-state.ts";
import { epochExamples, trainPhase } from "./training-phase.ts";

export interface TrialWork {
  /** Rounds finished: candidates of one round see the same examples in the same order. */
  readonly round: number;
  /** Called after every epoch with all trials as they stand. */
  readonly onEpoch: (trials: readonly Trial[]) => void;
  /** Called with the trial in training and its epochs done, fractions included. */
  readonly onStep: (trial: number, epochsDone: number) => void;
}

/** Trains every trial to its end; one that diverges stays behind with the reason, unless all do. */
export async function trainTrials(
  trials: readonly Trial[],
  context: SearchContext,
  { round, onEpoch, onStep }: TrialWork,
): Promise<readonly Trial[]> {
  const done = [...trials];
  for (const [i, trial] of trials.entries()) {
    if (trial.validation || trial.diverged) continue;
    done[i] = await trainTrial(trial, context, {
      round,
      onEpoch: (now) => onEpoch(done.with(i, now)),
      onStep: (epochsDone) => onStep(i, epochsDone),
    });
    onEpoch(done);
  }
  return done;
}

interface OneTrialWork {
  readonly round: number;
  readonly onEpoch: (trial: Trial) => void;
  readonly onStep: (epochsDone: number) => void;
}

async function trainTrial(
  trial: Trial,
  { engine, data, recipe, seed, signal, operators }: SearchContext,
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
  choices && operators ? meanPathCost(operators, choices, costs) : networkCost(network, costs);

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
