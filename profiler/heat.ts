import { type RawMeasurement, recordsOf, type SampleStep } from "../devices/index.ts";
import { quantile } from "../src/statistics.ts";

/** How a device is heated up before it is measured in sustained mode. */
export interface HeatRules {
  /** Work between two looks, s. */
  readonly stretch_s: number;
  /** No less and no more than this altogether, s. */
  readonly least_s: number;
  readonly most_s: number;
  /** Settled when three looks in a row agree within this fraction in speed ... */
  readonly agreement: number;
  /** ... and within so many degrees. */
  readonly agreement_c: number;
}

/** MLPerf Mobile lets five minutes pass for the opposite, cooling down; phones reach their steady state in about ten. */
export const heatRules: HeatRules = {
  stretch_s: 20,
  least_s: 180,
  most_s: 900,
  agreement: 0.01,
  agreement_c: 1,
};

/** One look at a device that works: latency of what it runs, and its temperature where that can be read. */
export interface HeatLook {
  readonly latency_s: number;
  readonly temperature_c: number | undefined;
}

/** Runs a model without a pause for about so long. */
export const heatStep = (model: string, stretch_s: number, shortestBatch_s: number): SampleStep => {
  const batch_s = Math.max(1e-2, shortestBatch_s);
  const samples = Math.ceil(stretch_s / (10 * batch_s));
  return {
    kind: "sample",
    models: [model],
    profiled: [],
    warmUp: { batch_s, agreement: 0.05, minRuns: 1, maxBatches: 3 },
    batch_s,
    warmRuns: 0,
    plainPerSample: 10,
    profiledPerSample: 0,
    calmSamples: samples,
    maxSamples: samples,
    hurriedSamples: samples,
    pause_s: 0,
    patience_s: 0,
  };
};

/** Bursts of other work only slow down: the speed is where three batches in ten are faster. */
const undisturbed = 0.3;

export function lookAt(raw: RawMeasurement): HeatLook {
  const [batches] = recordsOf(raw, "batches");
  const latencies_s = [...(batches?.duration_s ?? [])].map(
    (duration_s, i) => duration_s / (batches?.runs[i] ?? 1),
  );
  return {
    latency_s: quantile(latencies_s, undisturbed),
    temperature_c: recordsOf(raw, "state").at(-1)?.state.temperature_c,
  };
}

/** Whether the last three looks agree. */
export function isSteady(looks: readonly HeatLook[], rules: HeatRules): boolean {
  const last = looks.slice(-3);
  const latencies_s = last.map(({ latency_s }) => latency_s);
  const temperatures_c = last.flatMap(({ temperature_c }) => temperature_c ?? []);
  return (
    last.length === 3 &&
    Math.max(...latencies_s) <= (1 + rules.agreement) * Math.min(...latencies_s) &&
    (temperatures_c.length < 3 ||
      Math.max(...temperatures_c) - Math.min(...temperatures_c) <= rules.agreement_c)
  );
}
