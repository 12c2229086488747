import type { Evaluation } from "../../src/training/passes.ts";
import type { TrainedCandidate } from "../method.ts";

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
  const mean = differences.reduce((sum, one) => sum + one, 0) / Math.max(1, count);
  const squares = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, count - 1) / Math.max(1, count)) };
}

/** "knapsack ends 0.012 ± 0.004 below uniform", ± one standard error of the difference. */
export function comparison(best: TrainedCandidate, rival: TrainedCandidate): string {
  if (best === rival) return `${best.label} is best`;
  const { mean, standardError } = lossDifference(best.validation, rival.validation);
  const below = mean <= 0 ? "below" : "above";
  return `${best.label} ends ${Math.abs(mean).toFixed(4)} ± ${standardError.toFixed(4)} ${below} ${rival.label}`;
}
