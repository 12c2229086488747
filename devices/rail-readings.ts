import type { MeterSample, Rail } from "./meter.ts";
import type { TimeWindow } from "./reading-gaps.ts";

/** Rails whose sum is the meter's total: none of them is inside another. */
export function summedRails(rails: readonly Rail[]): readonly Rail[] {
  const counted = rails.filter((rail) => rail.counted);
  const inside = new Set(counted.flatMap(({ includes = [] }) => includes));
  return counted.filter(({ id }) => !inside.has(id));
}

export const isCounter = ({ kind }: Rail): boolean =>
  kind === "energy-counter" || kind === "charge-counter";

/** In order of time; of readings with the same time the last one. */
export function readingsOf({ id }: Rail, samples: readonly MeterSample[]): readonly MeterSample[] {
  const own = samples.filter(({ rail }) => rail === id).sort((a, b) => a.time_s - b.time_s);
  return own.filter(({ time_s }, i) => time_s !== own[i + 1]?.time_s);
}

/** Readings that show something else than the one before. */
export const changesOf = (readings: readonly MeterSample[]): readonly MeterSample[] =>
  readings.filter((reading, i) => {
    const before = readings[i - 1];
    return before !== undefined && !showsTheSame(before, reading);
  });

const showsTheSame = (a: MeterSample, b: MeterSample): boolean => {
  const count = countOf(a);
  if (count !== undefined) return count === countOf(b);
  return a.power_w === b.power_w && a.current_a === b.current_a && a.voltage_v === b.voltage_v;
};

export const countOf = (sample: MeterSample | undefined): number | undefined =>
  sample?.energy_j ?? sample?.charge_c;

/**
 * The meter's update period, of the slowest rail, s: the median time between changes of what it shows, and no less than
 * its sensor is known to need. Undefined while fewer than three changes were seen.
 */
export function updatePeriod(
  rails: readonly Rail[],
  samples: readonly MeterSample[],
): number | undefined {
  const periods = summedRails(rails).map((rail) => railPeriod(rail, readingsOf(rail, samples)));
  const known = periods.filter((period) => period !== undefined);
  return known.length < periods.length || known.length === 0 ? undefined : Math.max(...known);
}

function railPeriod(
  { nominalPeriod_s = 0 }: Rail,
  readings: readonly MeterSample[],
): number | undefined {
  const times_s = changesOf(readings).map(({ time_s }) => time_s);
  const gaps_s = times_s.slice(1).map((time_s, i) => time_s - (times_s[i] ?? time_s));
  const median_s = gaps_s.sort((a, b) => a - b)[gaps_s.length >> 1] ?? 0;
  return gaps_s.length < 2 ? undefined : Math.max(median_s, nominalPeriod_s);
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
  const ticks = changesOf(readingsOf(counter, samples)).filter(
    ({ time_s }) => time_s >= from_s && time_s <= to_s,
  );
  const [first, last] = [ticks[0], ticks[ticks.length - 1]];
  return first && last && last.time_s > first.time_s
    ? { from_s: first.time_s, to_s: last.time_s }
    : undefined;
}
