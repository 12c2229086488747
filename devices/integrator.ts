import type { MeterSample, Rail } from "./meter.ts";
import { type Density, densityWithin, longestGap } from "./reading-gaps.ts";

export interface TimeWindow {
  readonly from_s: number;
  readonly to_s: number;
}

/** Energy over a window, in sum and by rail, or why it cannot be known. */
export type IntervalEnergy =
  | {
      readonly ok: true;
      readonly energy_j: number;
      readonly rails: readonly RailEnergy[];
    }
  | Unknown;

interface RailEnergy extends Density {
  readonly rail: string;
  readonly energy_j: number;
}

interface Unknown {
  readonly ok: false;
  readonly reason: string;
}

/** A stretch over which power is linear in time. */
interface Segment extends TimeWindow {
  readonly fromPower_w: number;
  readonly toPower_w: number;
}

/**
 * The one integrator of all meters. Counters become stretches of constant power between their changes, wraps undone per
 * rail and per step before anything is summed; power readings, and current times voltage, become straight lines between
 * readings (the trapezoid rule), clipped at the window's edges. Rails that another one contains are never summed with it.
 * A counter has counted whatever was drawn between two readings; power has to be read without a gap.
 */
export function integrate(
  rails: readonly Rail[],
  samples: readonly MeterSample[],
  window: TimeWindow,
): IntervalEnergy {
  const energies: RailEnergy[] = [];
  for (const rail of summedRails(rails)) {
    const readings = readingsOf(rail, samples);
    const segments = segmentsOf(rail, readings);
    if ("reason" in segments) return segments;
    const [first, last] = [segments[0], segments[segments.length - 1]];
    if (!first || !last || first.from_s > window.from_s || last.to_s < window.to_s)
      return unknown(rail, "has no readings over the whole window");
    const density = densityWithin(readings, window);
    if (!isCounter(rail) && density.largestGap_s > longestGap(readings, window))
      return unknown(
        rail,
        `was not read for ${density.largestGap_s.toPrecision(2)} s in the window`,
      );
    const energy_j = segments.reduce((sum, segment) => sum + energyWithin(segment, window), 0);
    if (!(energy_j > 0)) return unknown(rail, "stood still");
    energies.push({ rail: rail.id, energy_j, ...density });
  }
  if (energies.length === 0) return { ok: false, reason: "the meter has no rail that counts" };
  return {
    ok: true,
    energy_j: energies.reduce((sum, { energy_j }) => sum + energy_j, 0),
    rails: energies,
  };
}

/**
 * Median time between changes of the counters, of the slowest rail: the meter's true update period, s. For power rails
 * the time between readings. Undefined while fewer than three changes were seen.
 */
export function updatePeriod(
  rails: readonly Rail[],
  samples: readonly MeterSample[],
): number | undefined {
  const periods = summedRails(rails).map((rail) => {
    const times_s = changesOf(rail, readingsOf(rail, samples)).map(({ time_s }) => time_s);
    const gaps = times_s.slice(1).map((time_s, i) => time_s - (times_s[i] ?? time_s));
    return gaps.length < 2 ? undefined : gaps.sort((a, b) => a - b)[gaps.length >> 1];
  });
  const known = periods.filter((period) => period !== undefined);
  return known.length < periods.length || known.length === 0 ? undefined : Math.max(...known);
}

/**
 * The window moved inwards to the first and the last tick of the counters inside it; as it is where no rail counts.
 * Undefined when there are fewer than two ticks.
 */
export function ticksWithin(
  rails: readonly Rail[],
  samples: readonly MeterSample[],
  { from_s, to_s }: TimeWindow,
): TimeWindow | undefined {
  const counter = summedRails(rails).find(isCounter);
  if (!counter) return { from_s, to_s };
  const ticks = changesOf(counter, readingsOf(counter, samples)).filter(
    ({ time_s }) => time_s >= from_s && time_s <= to_s,
  );
  const [first, last] = [ticks[0], ticks[ticks.length - 1]];
  return first && last && last.time_s > first.time_s
    ? { from_s: first.time_s, to_s: last.time_s }
    : undefined;
}

function summedRails(rails: readonly Rail[]): readonly Rail[] {
  const counted = rails.filter((rail) => rail.counted);
  const inside = new Set(counted.flatMap(({ includes = [] }) => includes));
  return counted.filter(({ id }) => !inside.has(id));
}

const isCounter = ({ kind }: Rail): boolean =>
  kind === "energy-counter" || kind === "charge-counter";

/** In order of time; of readings with the same time the last one. */
function readingsOf({ id }: Rail, samples: readonly MeterSample[]): readonly MeterSample[] {
  const own = samples.filter(({ rail }) => rail === id).sort((a, b) => a.time_s - b.time_s);
  return own.filter(({ time_s }, i) => time_s !== own[i + 1]?.time_s);
}

/** Readings at which a counter had just changed; all readings of other rails. */
const changesOf = (rail: Rail, readings: readonly MeterSample[]): readonly MeterSample[] =>
  isCounter(rail)
    ? readings.filter((reading, i) => i > 0 && countOf(reading) !== countOf(readings[i - 1]))
    : readings;

const countOf = (sample: MeterSample | undefined): number | undefined =>
  sample?.energy_j ?? sample?.charge_c;

function segmentsOf(rail: Rail, readings: readonly MeterSample[]): readonly Segment[] | Unknown {
  const changes = changesOf(rail, readings);
  if (changes.length < 2)
    return unknown(rail, isCounter(rail) ? "stood still" : "has fewer than two readings");
  return isCounter(rail) ? counterSegments(rail, changes) : powerSegments(rail, changes);
}

function counterSegments(rail: Rail, ticks: readonly MeterSample[]): readonly Segment[] | Unknown {
  const steps = ticks.slice(1).map((to, i) => ({ from: ticks[i] ?? to, to }));
  // Readings may come late and in bursts: a step holds at most what was drawn since the one before the gap.
  const longest_s = Math.max(...steps.map(({ from, to }) => to.time_s - from.time_s));
  const segments: Segment[] = [];
  for (const { from, to } of steps) {
    const step = stepEnergy(rail, from, to);
    if (typeof step !== "number") return step;
    const duration_s = to.time_s - from.time_s;
    const limit_j = rail.maxPower_w * (duration_s + longest_s);
    if (step > limit_j)
      return unknown(rail, `rose by ${step} J where at most ${limit_j} J are plausible`);
    const power_w = step / duration_s;
    segments.push({
      from_s: from.time_s,
      to_s: to.time_s,
      fromPower_w: power_w,
      toPower_w: power_w,
    });
  }
  return segments;
}

/**
 * Energy between two readings of one counter. A fall is one wrap where the counter's size is known; where it is not, or
 * where the counter could have wrapped more than once, the energy is unknown.
 */
function stepEnergy(rail: Rail, from: MeterSample, to: MeterSample): number | Unknown {
  const fell = (countOf(to) ?? 0) < (countOf(from) ?? 0);
  if (fell && rail.wrap_j === undefined)
    return unknown(rail, "fell, and the size of its counter is unknown");
  if (rail.wrap_j !== undefined && rail.maxPower_w * (to.time_s - from.time_s) > rail.wrap_j)
    return unknown(rail, "was not read for so long that it may have wrapped more than once");
  const energy_j = rise(from, to) + (fell ? (rail.wrap_j ?? 0) : 0);
  return energy_j < 0 ? unknown(rail, "fell by more than the size of its counter") : energy_j;
}

/** Joules, or coulombs at the mean of both voltages. */
const rise = (from: MeterSample, to: MeterSample): number =>
  to.energy_j !== undefined
    ? to.energy_j - (from.energy_j ?? 0)
    : (((to.charge_c ?? 0) - (from.charge_c ?? 0)) *
        ((to.voltage_v ?? 0) + (from.voltage_v ?? 0))) /
      2;

function powerSegments(rail: Rail, readings: readonly MeterSample[]): readonly Segment[] | Unknown {
  const powers_w = readings.map(powerOf);
  const wrong = powers_w.find((power_w) => !(power_w <= rail.maxPower_w));
  if (wrong !== undefined)
    return unknown(rail, `read ${wrong} W where at most ${rail.maxPower_w} W are plausible`);
  return readings.slice(1).map((to, i) => ({
    from_s: readings[i]?.time_s ?? to.time_s,
    to_s: to.time_s,
    fromPower_w: powers_w[i] ?? 0,
    toPower_w: powers_w[i + 1] ?? 0,
  }));
}

const powerOf = ({ power_w, current_a = Number.NaN, voltage_v = Number.NaN }: MeterSample) =>
  power_w ?? current_a * voltage_v;

/** Of the part of the segment inside the window, J. */
function energyWithin(segment: Segment, window: TimeWindow): number {
  const from_s = Math.max(segment.from_s, window.from_s);
  const to_s = Math.min(segment.to_s, window.to_s);
  if (to_s <= from_s) return 0;
  return (to_s - from_s) * powerAt(segment, (from_s + to_s) / 2);
}

const powerAt = ({ from_s, to_s, fromPower_w, toPower_w }: Segment, time_s: number): number =>
  fromPower_w + ((toPower_w - fromPower_w) * (time_s - from_s)) / (to_s - from_s);

const unknown = ({ label, kind }: Rail, problem: string): Unknown => ({
  ok: false,
  reason: `${kind === "energy-counter" || kind === "charge-counter" ? "counter" : "rail"} "${label}" ${problem}`,
});
