import type { BatchesRecord } from "../devices/index.ts";
import type { BatchLog, LatencyEstimate, NetworkLatency, QualityFlag } from "../energy-db/index.ts";
import type { Random } from "../src/random.ts";
import { median, quantile } from "../src/statistics.ts";
import { hasManyOutliers, quantileEstimate } from "./intervals.ts";
import type { SamplingRules } from "./sampling.ts";

/** One sample of a load: its fastest plain batch, and which of the profiled ones was fastest. */
export interface LoadSample {
  readonly fastest_s: number;
  /** Index among the load's profiled batches; undefined without any. */
  readonly profiled: number | undefined;
  readonly slowdown: number;
}

/** One load of a network, read from its raw batches. */
export interface LoadAnalysis {
  readonly latency: NetworkLatency;
  readonly batches: BatchLog;
  /** The samples behind the floor: calm ones, or the calmest where there were too few. */
  readonly calm: readonly LoadSample[];
  readonly flags: readonly QualityFlag[];
}

/**
 * The floor is at this quantile of the fastest batches of calm samples: below the middle, since what still disturbs them only slows
 * them down, and not the minimum, whose expectation falls with the number of samples.
 */
const floorLevel = 0.3;
/** Share of disturbed samples that makes a machine busy. */
const busyShare = 0.5;

/** Both estimands of one load. `baseline_s` is the canary's speed at calm moments. */
export function analyseLoad(
  record: BatchesRecord,
  baseline_s: number,
  rules: SamplingRules,
  clockStep_s: number,
  random: Random,
): LoadAnalysis {
  const log = batchLog(record, baseline_s, rules.allowedSlowdown);
  const samples = samplesOf(record, log);
  const calm = samples.filter(({ slowdown }) => slowdown <= rules.allowedSlowdown);
  const drifted = calm.length < rules.fewestCalm;
  const used = drifted ? calmest(samples, rules.fewestCalm) : calm;
  const fastest_s = used.map((sample) => sample.fastest_s);
  const plain = [...log.latency_s].filter((_, i) => log.kind[i] === 0);
  const flags: Readonly<Partial<Record<QualityFlag, boolean>>> = {
    outliers: hasManyOutliers(fastest_s),
    drift: drifted,
    busy: calm.length < (1 - busyShare) * samples.length,
    "coarse-timer": clockStep_s > 1e-3 * rules.batch_s,
  };
  return {
    latency: {
      floor: quantileEstimate(fastest_s, floorLevel, random),
      typical: typicalEstimate(record, log, random),
      p90_s: quantile(plain, 0.9),
      samples: used.length,
    },
    batches: log,
    calm: used,
    flags: loadFlags.filter((flag) => flags[flag]),
  };
}

const loadFlags = [
  "drift",
  "outliers",
  "busy",
  "coarse-timer",
] as const satisfies readonly QualityFlag[];

const calmest = (samples: readonly LoadSample[], count: number): readonly LoadSample[] =>
  samples.toSorted((a, b) => a.slowdown - b.slowdown).slice(0, count);

function batchLog(record: BatchesRecord, baseline_s: number, allowedSlowdown: number): BatchLog {
  const slowdown = record.canary_s.map((canary_s) =>
    Number.isNaN(canary_s) ? 1 : canary_s / baseline_s,
  );
  return {
    start_s: record.start_s,
    latency_s: record.duration_s.map((duration_s, i) => duration_s / (record.runs[i] ?? 1)),
    runs: record.runs,
    kind: record.profiled,
    slowdown,
    calm: Uint8Array.from(slowdown, (factor) => (factor <= allowedSlowdown ? 1 : 0)),
  };
}

function samplesOf({ sample }: BatchesRecord, log: BatchLog): readonly LoadSample[] {
  const samples: { fastest_s: number; profiled?: number; profiled_s: number; slowdown: number }[] =
    [];
  let profiledBatches = 0;
  for (const [i, latency_s] of log.latency_s.entries()) {
    const at = sample[i] ?? 0;
    samples[at] ??= {
      fastest_s: Number.POSITIVE_INFINITY,
      profiled_s: Number.POSITIVE_INFINITY,
      slowdown: log.slowdown[i] ?? 1,
    };
    const taken = samples[at];
    if (log.kind[i] === 0) taken.fastest_s = Math.min(taken.fastest_s, latency_s);
    else {
      if (latency_s < taken.profiled_s) {
        taken.profiled_s = latency_s;
        taken.profiled = profiledBatches;
      }
      profiledBatches++;
    }
  }
  return samples.map(({ fastest_s, profiled, slowdown }) => ({ fastest_s, profiled, slowdown }));
}

/** Batches of one sample share a disturbance: whole samples are drawn again for the interval. */
function typicalEstimate(
  { sample }: BatchesRecord,
  log: BatchLog,
  random: Random,
): LatencyEstimate {
  const bySample: number[][] = [];
  for (const [i, latency_s] of log.latency_s.entries()) {
    if (log.kind[i] !== 0) continue;
    const at = sample[i] ?? 0;
    bySample[at] ??= [];
    bySample[at].push(latency_s);
  }
  const medians = bySample.map((latencies_s) => median(latencies_s));
  const { low_s, high_s } = quantileEstimate(medians, 0.5, random);
  const latency_s = median(bySample.flat());
  return { latency_s, low_s: Math.min(low_s, latency_s), high_s: Math.max(high_s, latency_s) };
}
