import type { Clock, LoadedModel, ProfiledModel } from "../devices/index.ts";
import type { Random } from "../src/random.ts";
import { relativeHalfWidth, summarize } from "../src/statistics.ts";
import type { Patience } from "./patience.ts";
import type { Probe } from "./probe.ts";

/**
 * How one network is sampled:
 *
 *     warm-up  | u u u u u p p p | g | u u u u u p p p | g | ...     u unprofiled, p profiled batch,
 *     until    |<-- sample 1 --->|   |<-- sample 2 --->|             g glance at the probe network
 *     settled    the fastest u and the fastest p of each sample count
 *
 * All of a kind in a row: each kind has weights of its own, and its first batch finds them out of cache.
 * Disturbances (other processes, a busy sibling thread) only ever slow a batch down, and come in bursts. So
 * batches are short, the fastest of five counts, and a sample is calm only if the probe ran at its usual speed
 * before and after it. On two cores under a load of 7 the median of all batches of one network moved between 90
 * and 330 µs, of the fastest of five between 84 and 90. Disturbed samples are kept and counted, not summarised.
 */
export interface SamplingRules {
  /** Length of a batch, s. */
  readonly batch_s: number;
  readonly batchesPerSample: number;
  /** Batches under the node profiler: fewer, since each leaves a long log. */
  readonly profiledPerSample: number;
  /** Calm samples wanted at least. */
  readonly minSamples: number;
  /** Samples taken at most, and when there is no patience left. */
  readonly maxSamples: number;
  readonly hurriedSamples: number;
  /** The probe may be this much slower than usual around a calm sample, as a factor. */
  readonly allowedSlowdown: number;
  /** Wanted half-width of the median's 95 % interval as a fraction. */
  readonly targetCi: number;
}

export const samplingRules: SamplingRules = {
  batch_s: 1e-3,
  batchesPerSample: 5,
  profiledPerSample: 3,
  minSamples: 20,
  maxSamples: 80,
  hurriedSamples: 40,
  allowedSlowdown: 1.06,
  targetCi: 0.02,
};

/** The fastest batches of one sample. */
export interface Sample {
  /** One inference without profiler, s. */
  readonly latency_s: number;
  /** The runs of the profiler's log that belong to it: [from, to). */
  readonly profiledRuns: readonly [number, number];
  /** Of the probe around it. */
  readonly slowdown: number;
}

/** Raw material of one network measurement. */
export interface Sampling {
  /** Every sample, in the order taken. */
  readonly samples: readonly Sample[];
  /** Those to summarise: the calm ones, or the calmest when there were too few. */
  readonly calm: readonly Sample[];
  readonly warmUpRuns: number;
  readonly reachedTarget: boolean;
  /** True when too few samples were calm. */
  readonly drifted: boolean;
  /** True when the clock's step is over 0.1 % of a batch. */
  readonly coarseTimer: boolean;
}

export interface SamplingOptions {
  readonly rules: SamplingRules;
  readonly probe: Probe;
  readonly patience: Patience;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
}

/** Samples a model until its median is known well enough. Throws the signal's reason when aborted. */
export async function sampleModel(
  model: LoadedModel,
  profiled: ProfiledModel,
  { rules, probe, patience, clock, random, signal }: SamplingOptions,
): Promise<Sampling> {
  const plain = await warmUp(model, rules);
  const logged = await warmUp(profiled, rules);
  const samples: Sample[] = [];
  const calm: Sample[] = [];
  let reachedTarget = false;
  let before = await probe.slowdown();
  const most = () => (patience.isLeft ? rules.maxSamples : rules.hurriedSamples);
  while (!reachedTarget && samples.length < most()) {
    signal?.throwIfAborted();
    const start_s = clock.now_s();
    const fastest = await takeSample(plain, logged, rules);
    const after = await probe.slowdown();
    const sample = { ...fastest, slowdown: Math.max(before, after) };
    before = after;
    samples.push(sample);
    if (sample.slowdown > rules.allowedSlowdown) {
      if (patience.isLeft) await clock.sleep(pause_s);
      patience.spendSince(start_s);
      continue;
    }
    calm.push(sample);
    reachedTarget = isSettled(calm, rules, random);
  }
  const drifted = calm.length < rules.minSamples;
  return {
    samples,
    calm: drifted ? calmest(samples, rules.minSamples) : calm,
    warmUpRuns: plain.warmUpRuns,
    reachedTarget,
    drifted,
    coarseTimer: clock.step_s > 1e-3 * rules.batch_s,
  };
}

/** After a disturbed sample: disturbances last from milliseconds to minutes. */
const pause_s = 0.03;

const calmest = (samples: readonly Sample[], count: number): readonly Sample[] =>
  samples.toSorted((a, b) => a.slowdown - b.slowdown).slice(0, count);

async function takeSample(
  plain: WarmModel,
  logged: WarmModel,
  { batchesPerSample, profiledPerSample }: SamplingRules,
): Promise<Omit<Sample, "slowdown">> {
  const fastest = await fastestOf(plain, batchesPerSample);
  const fastestLogged = await fastestOf(logged, profiledPerSample);
  return { latency_s: fastest.run_s, profiledRuns: fastestLogged.runs };
}

async function fastestOf(model: WarmModel, batches: number): Promise<TimedBatch> {
  const [first, ...others] = await model.runBatches(batches);
  if (!first) throw new Error("A sample without batches");
  return others.reduce((fastest, next) => (next.run_s < fastest.run_s ? next : fastest), first);
}

/** Looked at every ten samples: often enough, and the bootstrap stays cheap. */
function isSettled(calm: readonly Sample[], rules: SamplingRules, random: Random): boolean {
  if (calm.length < rules.minSamples || calm.length % 10 !== 0) return false;
  const latencies_s = calm.map(({ latency_s }) => latency_s);
  return relativeHalfWidth(summarize(latencies_s, random)) <= rules.targetCi;
}

const warmUpLimit = 40;
/** Of a batch: the first run after a change of models is a cold one. */
const fewestRuns = 3;

interface TimedBatch {
  readonly run_s: number;
  /** Which of the model's runs these were: [from, to). */
  readonly runs: readonly [number, number];
}

interface WarmModel {
  readonly warmUpRuns: number;
  /** Batches in a row, without a pause between them. */
  runBatches(batches: number): Promise<readonly TimedBatch[]>;
}

/** Runs until three batch means in a row agree within 2 %, or for 40 batches; then batches have their length. */
async function warmUp(
  model: Pick<LoadedModel, "run" | "runBatches">,
  rules: SamplingRules,
): Promise<WarmModel> {
  let done = 0;
  const timed = async (count: number): Promise<TimedBatch> => {
    const run_s = (await model.run(count)) / count;
    done += count;
    return { run_s, runs: [done - count, done] };
  };
  const sized = (run_s: number): number => Math.max(fewestRuns, Math.round(rules.batch_s / run_s));
  let { run_s } = await timed(1);
  const means: number[] = [];
  while (means.length < warmUpLimit && !(done >= 10 && haveSettled(means))) {
    ({ run_s } = await timed(sized(run_s)));
    means.push(run_s);
  }
  const runs = sized(Math.min(...means));
  return {
    warmUpRuns: done,
    runBatches: async (batches) =>
      (await model.runBatches(runs, batches)).map((time_s) => {
        done += runs;
        return { run_s: time_s / runs, runs: [done - runs, done] };
      }),
  };
}

function haveSettled(means: readonly number[]): boolean {
  const last = means.slice(-3);
  return last.length === 3 && Math.max(...last) <= 1.02 * Math.min(...last);
}
