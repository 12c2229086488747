import type { Device, LayerTimes, LoadedModel, MachineState } from "../devices/index.ts";
import type {
  BatchLog,
  Conditions,
  EnergyReading,
  KernelMeasurement,
  LatencyEstimate,
  NetworkMeasurement,
  NetworkRole,
  QualityFlag,
} from "../energy-db/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import { kernelsOf } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import { type Random, seededRandom } from "../src/random.ts";
import { median, type Summary, summarize } from "../src/statistics.ts";
import { type MeterSession, measureEnergy } from "./energy/window.ts";
import type { Patience } from "./patience.ts";
import type { Probe } from "./probe.ts";
import {
  type Sample,
  type Sampling,
  type SamplingOptions,
  type SamplingRules,
  sampleModel,
} from "./sampling.ts";

export interface MeasureOptions {
  readonly device: Device;
  readonly network: Network;
  /** Random without zeros when absent. */
  readonly weights?: Weights;
  readonly role: NetworkRole;
  readonly batch: number;
  readonly position: number;
  readonly load: number;
  readonly rules: SamplingRules;
  readonly probe: Probe;
  readonly patience: Patience;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
  /** Measures energy too. */
  readonly meter?: MeterSession;
  /** Told why an energy window was thrown away. */
  readonly onInvalidEnergy?: (reason: string) => void;
}

/** Weights only have to be free of zeros; a fixed seed keeps two runs alike. */
const weightsSeed = 7;
/** Times below this are noise of the node profiler: reported as this, never as 0. */
const resolution_s = 5e-8;
/** Share of disturbed samples that makes a machine busy. */
const busyShare = 0.5;
const throttledClock = 0.97;

/** Measures one network: unprofiled latency, each layer's time by the runtime's own profiler, and energy. */
export async function measureNetwork(options: MeasureOptions): Promise<NetworkMeasurement> {
  const { device, network, batch, random } = options;
  const before = await device.state();
  const measuredAt = device.clock.timestamp();
  const { sampling, layerTimes, energy } = await runModel(options);
  const conditions = conditionsOf(before, await device.state());
  const latency = summarize(
    sampling.calm.map(({ latency_s }) => latency_s),
    random,
  );
  const all = summarize(
    sampling.samples.map(({ latency_s }) => latency_s),
    random,
  );
  return {
    network,
    role: options.role,
    batch,
    position: options.position,
    block: 0,
    load: options.load,
    attempt: 0,
    measuredAt,
    provenance: "measured",
    latency: {
      floor: estimateOf(latency),
      typical: estimateOf(all),
      p90_s: all.p90,
      samples: latency.samples,
    },
    warmUpRuns: sampling.warmUpRuns,
    ...(energy ? { energy } : {}),
    conditions,
    flags: networkFlags(sampling, latency, conditions),
    batches: batchLog(sampling),
    kernels: kernelMeasurements(options, layerTimes, sampling),
  };
}

async function runModel(options: MeasureOptions) {
  const { device, network, batch, rules, probe, patience, random, signal, meter } = options;
  const weights = options.weights ?? randomWeights(network, seededRandom(weightsSeed));
  const model = await device.runtime.load(
    { network, weights, batch },
    { threads: device.identity.threads },
  );
  try {
    const { sampling, layerTimes } = await sampleBoth(model, {
      rules,
      probe,
      patience,
      clock: device.clock,
      random,
      signal,
    });
    // Never with the node profiler on: it would be part of the energy.
    const energy =
      meter &&
      (await energyOf(
        model,
        median(sampling.calm.map(({ latency_s }) => latency_s)),
        meter,
        options,
      ));
    return { sampling, layerTimes, energy };
  } finally {
    await model.close();
  }
}

async function sampleBoth(
  model: LoadedModel,
  options: SamplingOptions,
): Promise<{ sampling: Sampling; layerTimes: LayerTimes }> {
  const profiled = await model.profiled();
  let layerTimes: LayerTimes;
  let sampling: Sampling;
  try {
    sampling = await sampleModel(model, profiled, options);
  } finally {
    layerTimes = await profiled.finish();
  }
  return { sampling, layerTimes };
}

async function energyOf(
  model: LoadedModel,
  latency_s: number,
  meter: MeterSession,
  { signal, onInvalidEnergy }: MeasureOptions,
): Promise<EnergyReading | undefined> {
  const measured = await measureEnergy(model, latency_s, meter, signal);
  if ("gross" in measured) return measured;
  onInvalidEnergy?.(measured.invalid);
  return undefined;
}

function kernelMeasurements(
  { network, batch, random }: MeasureOptions,
  { layers, runs }: LayerTimes,
  sampling: Sampling,
): readonly KernelMeasurement[] {
  const kernels = new Map(
    kernelsOf(network, { batch }).map(({ layer, kernel }) => [layer, kernel]),
  );
  return layers.map((layer, i) => {
    const kernel = kernels.get(layer);
    if (!kernel) throw new Error(`The runtime reports layer "${layer}", which the network lacks`);
    const timeIn = ({ profiledRuns: [from, to] }: Sample): number =>
      Math.max(resolution_s, meanOf(runs.slice(from, to), i));
    const summary = summarize(sampling.calm.map(timeIn), random);
    return {
      layer,
      kernel,
      provenance: "measured" as const,
      latency: estimateOf(summary),
      samples: summary.samples,
      flags: hasManyOutliers(summary) ? (["outliers"] as const) : [],
      samples_s: Float64Array.from(sampling.samples, timeIn),
    };
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
    drift: sampling.drifted,
    busy: sampling.calm.length < (1 - busyShare) * sampling.samples.length,
    throttled: end < throttledClock * start,
    "coarse-timer": sampling.coarseTimer,
  };
  return qualityFlags.filter((flag) => raised[flag]);
}

const qualityFlags = [
  "drift",
  "target-ci-missed",
  "outliers",
  "busy",
  "throttled",
  "coarse-timer",
] as const satisfies readonly QualityFlag[];

const hasManyOutliers = ({ outliers, samples }: Summary): boolean => outliers > 0.1 * samples;

const estimateOf = ({ median: latency_s, interval }: Summary): LatencyEstimate => ({
  latency_s,
  low_s: interval[0],
  high_s: interval[1],
});

/** The fastest batch of every sample. */
function batchLog({ samples, calm }: Sampling): BatchLog {
  return {
    start_s: new Float64Array(samples.length),
    latency_s: Float64Array.from(samples, ({ latency_s }) => latency_s),
    runs: new Uint32Array(samples.length),
    kind: new Uint8Array(samples.length),
    slowdown: Float64Array.from(samples, ({ slowdown }) => slowdown),
    calm: Uint8Array.from(samples, (sample) => (calm.includes(sample) ? 1 : 0)),
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
