import type { LoadedModel } from "../runtime.ts";
import type { SampleStep } from "../script.ts";

/** Of a batch: the first run after a change of models is a cold one. */
const fewestRuns = 3;

/** How many runs make a batch of this length. */
export const batchRuns = (batch_s: number, run_s: number): number =>
  Math.max(fewestRuns, Math.round(batch_s / run_s));

/** Runs a model until it has settled, and sizes its batches by the fastest of the warm-up. */
export async function warmUp(
  model: Pick<LoadedModel, "run">,
  { warmUp: rule, batch_s }: Pick<SampleStep, "warmUp" | "batch_s">,
  check: () => void,
): Promise<{
  readonly runs: number;
  readonly warmUpRuns: number;
  readonly warmUpBatches: number;
}> {
  let done = 1;
  let run_s = await model.run(1);
  const means: number[] = [];
  while (means.length < rule.maxBatches && !(done >= rule.minRuns && haveSettled(means))) {
    check();
    const runs = batchRuns(rule.batch_s, run_s);
    run_s = (await model.run(runs)) / runs;
    done += runs;
    means.push(run_s);
  }
  return {
    runs: batchRuns(batch_s, Math.min(...means)),
    warmUpRuns: done,
    warmUpBatches: 1 + means.length,
  };

  function haveSettled(times_s: readonly number[]): boolean {
    const last = times_s.slice(-3);
    return last.length === 3 && Math.max(...last) <= (1 + rule.agreement) * Math.min(...last);
  }
}
