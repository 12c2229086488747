import { mean, standardDeviation } from "simple-statistics";
import {
  type Clock,
  type IntervalEnergy,
  type LoadedModel,
  type Meter,
  type RailReading,
  totalEnergy,
} from "../../devices/index.ts";
import type { EnergyReading } from "../../energy-db/index.ts";

export interface EnergyRules {
  /** A window lasts at least this long, s ... */
  readonly minWindow_s: number;
  /** ... and this many update periods of the meter ... */
  readonly minPeriods: number;
  /** ... and this many inferences. */
  readonly minInferences: number;
  /** A window is cut into parts, whose spread gives the interval. */
  readonly parts: number;
  /** Idle before and after, as a fraction of the window. */
  readonly idleShare: number;
}

/** MLPerf Tiny's ten seconds and ten inferences, halved as RAPL's millisecond ticks allow. */
export const energyRules: EnergyRules = {
  minWindow_s: 5,
  minPeriods: 50,
  minInferences: 10,
  parts: 10,
  idleShare: 0.5,
};

/** A meter with its measured update period. */
export interface MeterSession {
  readonly meter: Meter;
  readonly clock: Clock;
  /** Median time between changes of the counters, s. */
  readonly updatePeriod_s: number;
  readonly rules: EnergyRules;
}

/** Measures how often the meter's counters change. Undefined for a meter without counters. */
export async function openMeterSession(
  meter: Meter,
  clock: Clock,
  rules: EnergyRules = energyRules,
): Promise<MeterSession | undefined> {
  const { rails } = await meter.describe();
  if (!rails.some(({ counted }) => counted)) return undefined;
  const gaps: number[] = [];
  let tick = await nextTick(meter, clock);
  while (gaps.length < periodTicks) {
    const next = await nextTick(meter, clock);
    gaps.push(timeOf(next) - timeOf(tick));
    tick = next;
  }
  gaps.sort((a, b) => a - b);
  return { meter, clock, rules, updatePeriod_s: gaps[gaps.length >> 1] ?? 0 };
}

const periodTicks = 25;
/** A counter that stands still this long is broken, or nothing draws power. */
const tickLimit_s = 2;

/**
 * Energy of one inference: the network in a loop for a whole window, idle before and after, both edges of
 * each on a tick of the counter. Returns why when the counters cannot be trusted.
 */
export async function measureEnergy(
  model: Pick<LoadedModel, "run">,
  latency_s: number,
  session: MeterSession,
  signal?: AbortSignal,
): Promise<EnergyReading | { readonly invalid: string }> {
  const { rules, meter } = session;
  const window_s = Math.max(
    rules.minWindow_s,
    rules.minPeriods * session.updatePeriod_s,
    rules.minInferences * latency_s,
  );
  const inferences = Math.max(1, Math.round(window_s / rules.parts / latency_s));
  const before = await idlePower(session, window_s * rules.idleShare);
  const parts: {
    readonly energy: IntervalEnergy;
    readonly start_s: number;
    readonly elapsed_s: number;
  }[] = [];
  let edge = await nextTick(meter, session.clock);
  for (let part = 0; part < rules.parts; part++) {
    signal?.throwIfAborted();
    await model.run(inferences);
    const end = await nextTick(meter, session.clock);
    const energy = await energyBetween(meter, [edge, end]);
    parts.push({ energy, start_s: timeOf(edge), elapsed_s: timeOf(end) - timeOf(edge) });
    edge = end;
  }
  const after = await idlePower(session, window_s * rules.idleShare);
  const failed = parts.map(({ energy }) => energy).find((energy) => !energy.ok);
  if (failed && !failed.ok) return { invalid: failed.reason };
  const energies_j = parts.flatMap(({ energy }) =>
    energy.ok ? [energy.energy_j / inferences] : [],
  );
  return reading(energies_j, parts, inferences, meter.id, [before, after]);
}

function reading(
  energies_j: readonly number[],
  parts: readonly { readonly start_s: number; readonly elapsed_s: number }[],
  inferences: number,
  meter: string,
  idle: readonly (number | undefined)[],
): EnergyReading {
  const energy_j = mean([...energies_j]);
  const half_j = (1.96 * standardDeviation([...energies_j])) / Math.sqrt(energies_j.length);
  const window_s = parts.reduce((sum, { elapsed_s }) => sum + elapsed_s, 0);
  const known = idle.filter((power) => power !== undefined);
  const idlePower_w = known.length ? mean(known) : undefined;
  const perInference_s = window_s / (inferences * parts.length);
  const net_j = idlePower_w === undefined ? undefined : energy_j - idlePower_w * perInference_s;
  return {
    gross: { energy_j, low_j: energy_j - half_j, high_j: energy_j + half_j },
    ...(net_j === undefined
      ? {}
      : { net: { energy_j: net_j, low_j: net_j - half_j, high_j: net_j + half_j } }),
    ...(idlePower_w === undefined ? {} : { idle_power_w: idlePower_w }),
    windows: parts.map(({ start_s, elapsed_s }, i) => ({
      kind: "load",
      start_s,
      duration_s: elapsed_s,
      inferences,
      latency_s: elapsed_s / inferences,
      rails: [{ rail: "sum", energy_j: (energies_j[i] ?? 0) * inferences }],
    })),
    meter,
    provenance: "measured",
    invalid: [],
  };
}

/** Mean power while nothing runs, W; undefined where the counters cannot be trusted. */
async function idlePower(
  { meter, clock }: MeterSession,
  duration_s: number,
): Promise<number | undefined> {
  const start = await nextTick(meter, clock);
  await clock.sleep(duration_s);
  const end = await nextTick(meter, clock);
  const energy = await energyBetween(meter, [start, end]);
  return energy.ok ? energy.energy_j / (timeOf(end) - timeOf(start)) : undefined;
}

const energyBetween = async (
  meter: Meter,
  series: readonly (readonly RailReading[])[],
): Promise<IntervalEnergy> => totalEnergy((await meter.describe()).rails, series);

/** Reads until a counter changes: the edge of a window then stands on an update of the meter. */
async function nextTick(meter: Meter, clock: Clock): Promise<readonly RailReading[]> {
  const first = await meter.read();
  const start_s = clock.now_s();
  for (;;) {
    const now = await meter.read();
    const changed = now.some(({ energy_j }, i) => energy_j !== first[i]?.energy_j);
    if (changed || clock.now_s() - start_s > tickLimit_s) return now;
  }
}

const timeOf = (readings: readonly RailReading[]): number => readings[0]?.time_s ?? 0;
