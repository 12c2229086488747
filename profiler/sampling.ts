import type { AwaitCalmStep, SampleStep, WarmUpRule } from "../devices/index.ts";
import type { Patience } from "./patience.ts";

/**
 * How networks are sampled, in blocks of several that share their rounds (see `SampleStep`).
 *
 * Disturbances (other processes, a busy sibling thread) only ever slow a batch down, and come in bursts. So batches are
 * short, the fastest of five counts, and a sample is calm only if the canary ran at its usual speed before and after it.
 * On two cores under a load of 7 the median of all batches of one network moved between 90 and 330 µs, of the fastest
 * of five between 84 and 90. Disturbed samples are kept and counted in the typical latency, not in the floor.
 */
export interface SamplingRules {
  /** Length of a batch, s. */
  readonly batch_s: number;
  /** Runs before the batches of a sample, not counted: other networks ran before. */
  readonly warmRuns: number;
  readonly plainPerSample: number;
  /** Batches under the node profiler: fewer, since each leaves a long log. */
  readonly profiledPerSample: number;
  /** Calm samples wanted. */
  readonly calmSamples: number;
  /** Fewer than this are too few for a floor: the load has drifted. */
  readonly fewestCalm: number;
  /** Samples taken at most, and when there is no patience left. */
  readonly maxSamples: number;
  readonly hurriedSamples: number;
  /** The canary may be this much slower than usual around a calm sample, as a factor. */
  readonly allowedSlowdown: number;
  /** Networks in one block at most. */
  readonly networksPerBlock: number;
  readonly warmUp: Pick<WarmUpRule, "minRuns" | "maxBatches">;
}

export const samplingRules: SamplingRules = {
  batch_s: 1e-3,
  warmRuns: 3,
  plainPerSample: 5,
  profiledPerSample: 2,
  calmSamples: 20,
  fewestCalm: 10,
  maxSamples: 60,
  hurriedSamples: 30,
  allowedSlowdown: 1.06,
  networksPerBlock: 16,
  warmUp: { minRuns: 10, maxBatches: 40 },
};

/**
 * Where every batch starts a program that loads the network and warms up by itself, starts are what takes time. Their batches are
 * long, and each is a load of its own: few say as much as many batches of one load do.
 */
export const programRules: SamplingRules = {
  ...samplingRules,
  warmRuns: 0,
  plainPerSample: 2,
  profiledPerSample: 1,
  calmSamples: 3,
  fewestCalm: 2,
  maxSamples: 9,
  hurriedSamples: 5,
  warmUp: { minRuns: 1, maxBatches: 1 },
};

/** The core stays awake after a disturbed sample: disturbances last from milliseconds to minutes. */
const pause_s = 0.03;

/** Samples these models together, with so much time to lose to disturbances. */
export const sampleStep = (
  models: readonly string[],
  { batch_s, warmRuns, plainPerSample, profiledPerSample, ...rules }: SamplingRules,
  { patience_s, profiled }: { readonly patience_s: number; readonly profiled: readonly string[] },
): SampleStep => ({
  kind: "sample",
  models,
  profiled,
  warmUp: { batch_s, agreement: 0.02, ...rules.warmUp },
  batch_s,
  warmRuns,
  plainPerSample,
  profiledPerSample,
  calmSamples: rules.calmSamples,
  maxSamples: rules.maxSamples,
  hurriedSamples: rules.hurriedSamples,
  pause_s,
  patience_s,
});

/** How long to wait for a calm moment before a block at most, s. */
const longestWait_s = 3;

export const awaitCalmStep = ({ left_s }: Pick<Patience, "left_s">): AwaitCalmStep => ({
  kind: "await-calm",
  limit_s: Math.min(longestWait_s, left_s),
});
