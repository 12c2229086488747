import type { Evaluation } from "../../src/training/trainer.ts";
import type { TrainedCandidate } from "../method.ts";

/** What growing a stage was worth when it was tried. */
export interface StageWorth {
  /** Fall of the held-out loss per unit of summed gain: what makes gains of different stages comparable. */
  readonly factors: Readonly<Record<string, number>>;
  /** Fall of the held-out loss per share of the room spent. */
  readonly utilities: Readonly<Record<string, number>>;
}

/** A stage grown by itself, and what that took and gave. */
export interface StageTrial {
  readonly stage: string;
  /** Summed gains of its neurons, not calibrated. */
  readonly gain: number;
  /** Of the room between the narrowest network and the budget. */
  readonly share: number;
  /** Of the held-out loss, against the network that stayed as it was for as many epochs. */
  readonly fall: number;
}

/** Least part of the mean that a stage's factor may fall to: one bad epoch must not close a stage for good. */
const leastPart = 0.1;

/** What is known of the stages after one more lookahead: the geometric mean of before and now. */
export function learnt(before: StageWorth, trials: readonly StageTrial[]): StageWorth {
  return {
    factors: smoothed(before.factors, trials, ({ gain }) => gain),
    utilities: smoothed(before.utilities, trials, ({ share }) => share),
  };
}

function smoothed(
  before: Readonly<Record<string, number>>,
  trials: readonly StageTrial[],
  unit: (trial: StageTrial) => number,
): Readonly<Record<string, number>> {
  const tried = trials.filter((trial) => unit(trial) > 0 && Number.isFinite(trial.fall));
  const mean = average(tried.map((trial) => Math.max(0, trial.fall) / unit(trial)));
  if (!(mean > 0)) return before;
  const now = tried.map((trial) => {
    const worth = Math.max(leastPart * mean, trial.fall / unit(trial));
    const earlier = before[trial.stage];
    return [trial.stage, earlier === undefined ? worth : Math.sqrt(earlier * worth)] as const;
  });
  return { ...before, ...Object.fromEntries(now) };
}

const average = (numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);

/** Index of the candidate of least held-out loss. */
export function bestOf(candidates: readonly TrainedCandidate[]): number {
  const losses = candidates.map(({ validation }) => validation.loss);
  return losses.indexOf(Math.min(...losses));
}

/** Mean of a's losses less b's over the same examples, and its standard error. */
export function lossDifference(a: Evaluation, b: Evaluation) {
  const count = Math.min(a.losses.length, b.losses.length);
  const differences = Array.from(
    { length: count },
    (_, i) => (a.losses[i] ?? 0) - (b.losses[i] ?? 0),
  );
  const mean = average(differences);
  const squares = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, count - 1) / Math.max(1, count)) };
}

/** "stage 16x16 ends 0.012 ± 0.004 below uniform", ± one standard error of the difference. */
export function comparison(best: TrainedCandidate, rival: TrainedCandidate): string {
  if (best === rival) return `${best.label} is best`;
  const { mean, standardError } = lossDifference(best.validation, rival.validation);
  const below = mean <= 0 ? "below" : "above";
  return `${best.label} ends ${Math.abs(mean).toFixed(4)} ± ${standardError.toFixed(4)} ${below} ${rival.label}`;
}
