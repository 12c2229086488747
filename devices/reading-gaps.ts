import type { MeterSample } from "./meter.ts";

export interface TimeWindow {
  readonly from_s: number;
  readonly to_s: number;
}

/** How densely a window was read. */
export interface Density {
  readonly readings: number;
  /** Longest time between two readings, edges of the window included, s. */
  readonly largestGap_s: number;
}

/**
 * So many periods may lie between two readings of power. Of timers on a busy machine the next reading is late by one or
 * two periods; where four in a row are missing, the sensor was away. A power that is read eight times per update then
 * still has no update missing.
 */
const mostPeriods = 5;
/** Fewer gaps than this do not tell a window's own reading period. */
const fewestGaps = 10;

export function densityWithin(readings: readonly MeterSample[], window: TimeWindow): Density {
  const inside = readings.filter(
    ({ time_s }) => time_s >= window.from_s && time_s <= window.to_s,
  ).length;
  return { readings: inside, largestGap_s: Math.max(0, ...gapsOf(readings, window)) };
}

/**
 * Longest gap between readings of power that a window may have, s. Their period is the median in this window, since a
 * runtime that computes for long keeps readings waiting while others come often; of few, that of all readings.
 */
export function longestGap(readings: readonly MeterSample[], window: TimeWindow): number {
  const own_s = gapsOf(readings, window);
  const everywhere = { from_s: Number.NEGATIVE_INFINITY, to_s: Number.POSITIVE_INFINITY };
  const gaps_s = own_s.length >= fewestGaps ? own_s : gapsOf(readings, everywhere);
  return mostPeriods * lowerMedian(gaps_s);
}

/** Times between readings next to each other, of all that reach into the window. */
const gapsOf = (
  readings: readonly MeterSample[],
  { from_s, to_s }: TimeWindow,
): readonly number[] =>
  readings.flatMap(({ time_s: end_s }, i) => {
    const start_s = readings[i - 1]?.time_s;
    return start_s !== undefined && end_s > from_s && start_s < to_s ? [end_s - start_s] : [];
  });

/** Of two values the smaller: a hole beside a single gap does not pass for the period. */
const lowerMedian = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
