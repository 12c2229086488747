import type { Device, LayerTimes, MachineState } from "../devices/index.ts";
import type {
  Conditions,
  KernelMeasurement,
  LatencySummary,
  NetworkMeasurement,
  NetworkRole,
  QualityFlag,
} from "../energy-db/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import { kernelsOf } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import { type Random, seededRandom } from "../src/random.ts";
import { type Summary, summarize } from "../src/statistics.ts";
import { type Sampling, type SamplingRules, sampleModel } from "./sampling.ts";

export interface MeasureOptions {
  readonly device: Device;
  readonly network: Network;
  /** Random without zeros when absent. */
  readonly weights?: Weights;
  readonly role: NetworkRole;
  readonly batch: number;
  readonly position: number;
  readonly rules: SamplingRules;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
}

/** Weights only have to be free of zeros; a fixed seed keeps two runs alike. */
const weightsSeed = 7;
/** Times below this are noise of the node profiler: reported as this, never as 0. */
const resolution_s = 5e-8;
const busyShare = 0.3;
const throttledClock = 0.97;

/** Measures one network: unprofiled latency, and each layer's time by the runtime's own profiler. */
export async function measureNetwork(options: MeasureOptions): Promise<NetworkMeasurement> {
  const { device, network, batch, rules, random, signal } = options;
  const weights = options.weights ?? randomWeights(network, seededRandom(weightsSeed));
  const before = await device.state();
  const measuredAt = device.clock.timestamp();
  const model = await device.runtime.load(
    { network, weights, batch },
    { threads: device.identity.threads },
  );
  const profiled = await model.profiled();
  const sampling = await sampleModel(model, profiled, {
    rules,
    clock: device.clock,
    random,
    signal,
  }).finally(() => model.close());
  const layerTimes = await profiled.finish();
  const conditions = conditionsOf(before, await device.state());
  const latency = summarize(sampling.samples_s, random);
  return {
    network,
    role: options.role,
    batch,
    position: options.position,
    measuredAt,
    latency: latencySummary(latency),
    warmUpRuns: sampling.warmUpRuns,
    conditions,
    flags: networkFlags(sampling, latency, conditions),
    samples_s: Float64Array.from(sampling.samples_s),
    kernels: kernelMeasurements(options, layerTimes, sampling),
  };
}

function kernelMeasurements(
  { network, batch, random }: MeasureOptions,
  { layers, runs }: LayerTimes,
  { profiledRuns }: Sampling,
): readonly KernelMeasurement[] {
  const kernels = new Map(
    kernelsOf(network, { batch }).map(({ layer, kernel }) => [layer, kernel]),
  );
  return layers.flatMap((layer, i) => {
    const kernel = kernels.get(layer);
    if (!kernel) throw new Error(`The runtime reports layer "${layer}", which the network lacks`);
    const samples_s = profiledRuns.map(([from, to]) =>
      Math.max(resolution_s, meanOf(runs.slice(from, to), i)),
    );
    const summary = summarize(samples_s, random);
    return [
      {
        layer,
        kernel,
        latency: latencySummary(summary),
        flags: hasManyOutliers(summary) ? (["outliers"] as const) : [],
        samples_s: Float64Array.from(samples_s),
      },
    ];
  });
}

function meanOf(runs: readonly Float64Array[], layer: number): number {
  let sum = 0;
  for (const run of runs) sum += run[layer] ?? 0;
  return sum / runs.length;
}

function networkFlags(
  sampling: Sampling,
  latency: Summary,
  conditions: Conditions,
): readonly QualityFlag[] {
  const { clock_start_hz: start = 0, clock_end_hz: end = start } = conditions;
  const raised: Readonly<Partial<Record<QualityFlag, boolean>>> = {
    "target-ci-missed": !sampling.reachedTarget,
    outliers: hasManyOutliers(latency),
    busy: sampling.preempted > busyShare,
    throttled: end < throttledClock * start,
    "coarse-timer": sampling.coarseTimer,
  };
  return qualityFlags.filter((flag) => raised[flag]);
}

const qualityFlags = [
  "target-ci-missed",
  "outliers",
  "busy",
  "throttled",
  "coarse-timer",
] as const satisfies readonly QualityFlag[];

const hasManyOutliers = ({ outliers, samples }: Summary): boolean => outliers > 0.1 * samples;

function latencySummary(summary: Summary): LatencySummary {
  return {
    latency_s: summary.median,
    mad_s: summary.mad,
    p10_s: summary.p10,
    p90_s: summary.p90,
    low_s: summary.interval[0],
    high_s: summary.interval[1],
    samples: summary.samples,
    outliers: summary.outliers,
  };
}

function conditionsOf(before: MachineState, after: MachineState): Conditions {
  const found = {
    temperature_start_c: before.temperature_c,
    temperature_end_c: after.temperature_c,
    clock_start_hz: before.clock_hz,
    clock_end_hz: after.clock_hz,
    load: before.load,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
