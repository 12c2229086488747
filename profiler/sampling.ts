import type { Clock, LoadedModel, ProfiledModel } from "../devices/index.ts";
import type { Random } from "../src/random.ts";
import { relativeHalfWidth, summarize } from "../src/statistics.ts";

/**
 * How one network is sampled:
 *
 *     warm-up  | u p u p u p u p u p | u p u p u p u p u p | ...      u unprofiled, p profiled batch
 *     until    |<---- sample 1 ----->|<---- sample 2 ----->|
 *     settled    the fastest u and the fastest p of each sample count
 *
 * Batches are short and the fastest of five counts because disturbances (other processes, a busy sibling
 * thread) only ever slow a batch down and come in bursts: on two cores under a load of 7 the median of all
 * batches moved between 90 and 330 µs, of undisturbed ones between 86 and 139, the low end between 84 and 90.
 */
export interface SamplingRules {
  /** Length of an unprofiled batch, s. */
  readonly batch_s: number;
  readonly batchesPerSample: number;
  readonly minSamples: number;
  readonly maxSamples: number;
  /** Wanted half-width of the median's 95 % interval as a fraction. */
  readonly targetCi: number;
}

export const samplingRules: SamplingRules = {
  batch_s: 1e-3,
  batchesPerSample: 5,
  minSamples: 20,
  maxSamples: 60,
  targetCi: 0.02,
};

/** Raw material of one network measurement. */
export interface Sampling {
  /** Per sample, time of one inference without profiler, s. */
  readonly samples_s: readonly number[];
  /** Per sample, the runs of the profiler's log that it consists of: [from, to). */
  readonly profiledRuns: readonly (readonly [number, number])[];
  readonly warmUpRuns: number;
  /** Share of batches during which another process took the processor. */
  readonly preempted: number;
  readonly reachedTarget: boolean;
  /** True when the clock's step is over 0.1 % of a batch. */
  readonly coarseTimer: boolean;
}

interface SamplingOptions {
  readonly rules: SamplingRules;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
}

/** Samples a model until its median is known well enough. Throws the signal's reason when aborted. */
export async function sampleModel(
  model: LoadedModel,
  profiled: ProfiledModel | undefined,
  { rules, clock, random, signal }: SamplingOptions,
): Promise<Sampling> {
  const plain = await warmUp(model, rules);
  const logged = profiled && (await warmUp(profiled, rules));
  const samples: Sample[] = [];
  let reachedTarget = false;
  while (!reachedTarget && samples.length < rules.maxSamples) {
    signal?.throwIfAborted();
    samples.push(await takeSample(plain, logged, rules));
    reachedTarget = isSettled(samples, rules, random);
  }
  return {
    samples_s: samples.map(({ latency_s }) => latency_s),
    profiledRuns: samples.flatMap(({ logged }) => (logged ? [logged] : [])),
    warmUpRuns: plain.warmUpRuns,
    preempted:
      samples.reduce((sum, sample) => sum + sample.preempted, 0) /
      (samples.length * rules.batchesPerSample),
    reachedTarget,
    coarseTimer: clock.step_s > 1e-3 * rules.batch_s,
  };
}

interface Sample {
  readonly latency_s: number;
  readonly logged?: readonly [number, number];
  readonly preempted: number;
}

async function takeSample(
  plain: WarmModel,
  logged: WarmModel | undefined,
  { batchesPerSample }: SamplingRules,
): Promise<Sample> {
  const times: TimedBatch[] = [];
  const logs: TimedBatch[] = [];
  for (let batch = 0; batch < batchesPerSample; batch++) {
    times.push(await plain.runBatch());
    if (logged) logs.push(await logged.runBatch());
  }
  const log = fastest(logs);
  return {
    latency_s: fastest(times)?.run_s ?? Number.NaN,
    preempted: times.filter(({ preempted }) => preempted).length,
    ...(log ? { logged: log.runs } : {}),
  };
}

const fastest = (batches: readonly TimedBatch[]): TimedBatch | undefined =>
  batches.toSorted((a, b) => a.run_s - b.run_s)[0];

/** Looked at every ten samples: often enough, and the bootstrap stays cheap. */
function isSettled(samples: readonly Sample[], rules: SamplingRules, random: Random): boolean {
  if (samples.length < rules.minSamples || samples.length % 10 !== 0) return false;
  const latencies_s = samples.map(({ latency_s }) => latency_s);
  return relativeHalfWidth(summarize(latencies_s, random)) <= rules.targetCi;
}

const warmUpLimit = 40;

interface TimedBatch {
  readonly run_s: number;
  readonly preempted: boolean;
  /** Which of the model's runs these were: [from, to). */
  readonly runs: readonly [number, number];
}

interface WarmModel {
  readonly warmUpRuns: number;
  runBatch(): Promise<TimedBatch>;
}

/** Runs until three batch means in a row agree within 2 %, or for 40 batches; then batches have their length. */
async function warmUp(
  model: { readonly run: LoadedModel["run"] },
  rules: SamplingRules,
): Promise<WarmModel> {
  let done = 0;
  const timed = async (count: number): Promise<TimedBatch> => {
    const { elapsed_s, preempted } = await model.run(count);
    done += count;
    return { run_s: elapsed_s / count, preempted, runs: [done - count, done] };
  };
  const sized = (run_s: number): number => Math.max(1, Math.round(rules.batch_s / run_s));
  let { run_s } = await timed(1);
  const means: number[] = [];
  while (means.length < warmUpLimit && !(done >= 10 && haveSettled(means))) {
    ({ run_s } = await timed(sized(run_s)));
    means.push(run_s);
  }
  const runs = sized(Math.min(...means));
  return { warmUpRuns: done, runBatch: () => timed(runs) };
}

function haveSettled(means: readonly number[]): boolean {
  const last = means.slice(-3);
  return last.length === 3 && Math.max(...last) <= 1.02 * Math.min(...last);
}
