import {
  type Capabilities,
  type MeterDescription,
  type MeterRecord,
  type MeterStep,
  type Rail,
  summedRails,
  updatePeriod,
} from "../../devices/index.ts";

export interface EnergyRules {
  /** A load window, and every idle one, lasts at least this long, s ... */
  readonly minWindow_s: number;
  /** ... where the battery's own gauge is read this long ... */
  readonly minBatteryWindow_s: number;
  /** ... and this many update periods of the meter ... */
  readonly minPeriods: number;
  /** ... and this many inferences. */
  readonly minInferences: number;
  /** Separated windows wanted. */
  readonly windows: number;
  /** Load before a window begins, s. */
  readonly warmUp_s: number;
  /** Windows between idle powers that differ by more than this fraction are measured again ... */
  readonly idleAgreement: number;
  /** ... so often at most. */
  readonly repeats: number;
  /** Networks metered by turns: their windows are spread over so many times the time of one. */
  readonly networksPerBlock: number;
}

/** MLPerf Tiny's five windows. In five seconds a counter of 0.1 s has its fifty ticks, and a processor's clocks have settled. */
export const energyRules: EnergyRules = {
  minWindow_s: 5,
  minBatteryWindow_s: 30,
  minPeriods: 50,
  minInferences: 10,
  windows: 5,
  warmUp_s: 1,
  idleAgreement: 0.05,
  repeats: 2,
  networksPerBlock: 4,
};

/** A load window's ticks are told to this part of the update period ... */
const readsPerPeriod = 8;
/** ... but reading more often than this would itself be a load, s. */
const fastestReading_s = 0.01;

/** Rest between a load and what is idle, s. */
const shortestSettle_s = 0.05;

/** What metering one network takes with a meter that ticks ten times a second or faster, s: its windows, and its share of the last idle one. */
export const meteredTime = ({
  windows,
  minWindow_s,
  warmUp_s,
  networksPerBlock,
}: EnergyRules): number =>
  windows * (2 * minWindow_s + warmUp_s + shortestSettle_s) + minWindow_s / networksPerBlock;

type Sensor = Pick<MeterDescription, "fastestReading_s" | "needsDischarging">;

/** How often a meter is read, s. */
export const readingPeriod = (updatePeriod_s: number, meter: Sensor): number =>
  Math.max(fastestReading_s, meter.fastestReading_s ?? 0, updatePeriod_s / readsPerPeriod);

type MeteringCapabilities = Pick<Capabilities, "shortestBatch_s" | "freshBatches"> & {
  readonly meter: Sensor & Pick<MeterDescription, "rails" | "isRecordedApart">;
};

/** Bursts that mark windows in a trace are this long, s, and no shorter than a batch can be. */
const marker_s = 0.5;
/** What is known of instruments that record traces: a sample a millisecond, or more. */
export const recordedPeriod_s = 1e-3;

/** Of what a meter shows, the longest time past that is still in it, s. */
const memoryOf = (rails: readonly Rail[]): number =>
  Math.max(0, ...summedRails(rails).map(({ averaging_s = 0 }) => averaging_s));

/** So many load windows of each model, idle in between. */
export function meterStep(
  models: readonly string[],
  rounds: number,
  updatePeriod_s: number,
  rules: EnergyRules,
  { shortestBatch_s, freshBatches, meter }: MeteringCapabilities,
): MeterStep {
  const window_s = Math.max(
    meter.needsDischarging ? rules.minBatteryWindow_s : rules.minWindow_s,
    rules.minPeriods * updatePeriod_s,
  );
  // What was drawn before a window must not be in what the meter shows of it.
  const unsettled_s = 2 * Math.max(updatePeriod_s, memoryOf(meter.rails));
  return {
    kind: "meter",
    models,
    rounds,
    window_s,
    minInferences: rules.minInferences,
    idle_s: window_s,
    settle_s: Math.max(shortestSettle_s, unsettled_s),
    warmUp_s: Math.max(rules.warmUp_s, unsettled_s),
    // Where every batch starts a program, a window is one batch: the start is little of it.
    batch_s: freshBatches ? window_s : Math.max(0.02, shortestBatch_s),
    period_s: readingPeriod(updatePeriod_s, meter),
    ...(meter.isRecordedApart ? { marker_s: Math.max(marker_s, shortestBatch_s) } : {}),
  };
}

/** How long the idle meter is watched for its update period, s, and then longer and longer while too few ticks came. */
export const meterLooks_s: readonly number[] = [1.5, 6, 24];
export const lookPeriod = ({ fastestReading_s = 0 }: Sensor): number =>
  Math.max(1e-3, fastestReading_s);
const fewestTicks = 5;

/** The meter's measured update period, s; undefined while its counters changed too rarely to tell. */
export function observedPeriod(
  rails: readonly Rail[],
  { samples }: MeterRecord,
  duration_s: number,
): number | undefined {
  const period_s = updatePeriod(rails, samples);
  return period_s !== undefined && duration_s >= fewestTicks * period_s ? period_s : undefined;
}

/**
 * Of a meter of power that showed the same for as long as it was watched, s; undefined where it showed nothing or nothing
 * is known of its sensor. A load will tell whether it is steady or stale.
 */
export function steadyPeriod(rails: readonly Rail[], { samples }: MeterRecord): number | undefined {
  const periods_s = summedRails(rails).map(({ nominalPeriod_s = Number.NaN }) => nominalPeriod_s);
  const longest_s = Math.max(...periods_s);
  return samples.length > 0 && longest_s > 0 ? longest_s : undefined;
}
