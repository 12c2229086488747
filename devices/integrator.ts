import type { MeterSample, Rail } from "./meter.ts";
import { changesOf, countOf, isCounter, readingsOf, summedRails } from "./rail-readings.ts";
import { type Density, densityWithin, longestGap, type TimeWindow } from "./reading-gaps.ts";

/** Energy over a window, in sum and by rail, or why it cannot be known. */
export type IntervalEnergy =
  | {
      readonly ok: true;
      readonly energy_j: number;
      readonly rails: readonly RailEnergy[];
    }
  | UnknownEnergy;

export interface RailEnergy extends Density {
  readonly rail: string;
  readonly energy_j: number;
}

export interface UnknownEnergy {
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
 * readings (the trapezoid rule; averages hold for the time before them), clipped at the window's edges. Rails that another one contains are never summed with it.
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
    const distrusted = distrust(rail, readings, window, density);
    if (distrusted) return distrusted;
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

function segmentsOf(
  rail: Rail,
  readings: readonly MeterSample[],
): readonly Segment[] | UnknownEnergy {
  if (!isCounter(rail))
    return readings.length < 2
      ? unknown(rail, "has fewer than two readings")
      : powerSegments(rail, readings);
  const ticks = changesOf(readings);
  return ticks.length < 2 ? unknown(rail, "stood still") : counterSegments(rail, ticks);
}

/** A power that does not move for so many update periods is no longer measured. */
const stalePeriods = 10;

/** Why readings of power, not of a counter, that cover a window make no energy of it. */
function distrust(
  rail: Rail,
  readings: readonly MeterSample[],
  window: TimeWindow,
  { largestGap_s }: Density,
): UnknownEnergy | undefined {
  if (isCounter(rail)) return undefined;
  if (largestGap_s > longestGap(readings, window))
    return unknown(rail, `was not read for ${largestGap_s.toPrecision(2)} s in the window`);
  const { nominalPeriod_s = Number.POSITIVE_INFINITY } = rail;
  const length_s = window.to_s - window.from_s;
  const isLong = length_s >= stalePeriods * nominalPeriod_s;
  const inside = readings.filter(({ time_s }) => time_s >= window.from_s && time_s <= window.to_s);
  return isLong && changesOf(inside).length === 0
    ? unknown(rail, `is stale: it showed the same for ${length_s.toPrecision(2)} s`)
    : undefined;
}

function counterSegments(
  rail: Rail,
  ticks: readonly MeterSample[],
): readonly Segment[] | UnknownEnergy {
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
function stepEnergy(rail: Rail, from: MeterSample, to: MeterSample): number | UnknownEnergy {
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

function powerSegments(
  rail: Rail,
  readings: readonly MeterSample[],
): readonly Segment[] | UnknownEnergy {
  const powers_w = readings.map(powerOf);
  const wrong = powers_w.find((power_w) => !(power_w <= rail.maxPower_w));
  if (wrong !== undefined)
    return unknown(rail, `read ${wrong} W where at most ${rail.maxPower_w} W are plausible`);
  return readings.slice(1).map((to, i) => ({
    from_s: readings[i]?.time_s ?? to.time_s,
    to_s: to.time_s,
    // An average is that of the time before it: a rectangle.
    fromPower_w: powers_w[rail.averaging_s ? i + 1 : i] ?? 0,
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

const unknown = (rail: Rail, problem: string): UnknownEnergy => ({
  ok: false,
  reason: `${isCounter(rail) ? "counter" : "rail"} "${rail.label}" ${problem}`,
});
