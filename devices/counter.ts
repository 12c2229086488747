import type { Rail, RailReading } from "./meter.ts";

/** Energy over an interval, or why it cannot be known. */
export type IntervalEnergy =
  | { readonly ok: true; readonly energy_j: number }
  | { readonly ok: false; readonly reason: string };

/**
 * Energy between two readings of one counter. A fall is one wrap where the counter's size is known and
 * invalid where it is not; more power than the rail can draw is invalid too.
 */
export function counterDelta(rail: Rail, from: RailReading, to: RailReading): IntervalEnergy {
  const fell = to.energy_j < from.energy_j;
  if (fell && rail.wrap_j === undefined)
    return invalid(rail, "fell, and the size of its counter is unknown");
  const energy_j = to.energy_j - from.energy_j + (fell ? (rail.wrap_j ?? 0) : 0);
  if (energy_j < 0) return invalid(rail, "fell by more than the size of its counter");
  const limit_j = rail.maxPower_w * (to.time_s - from.time_s);
  return energy_j > limit_j
    ? invalid(rail, `rose by ${energy_j} J where at most ${limit_j} J are plausible`)
    : { ok: true, energy_j };
}

/**
 * Energy of all counted rails over a series of readings, oldest first. Wraps are undone per rail and per
 * step, before anything is summed.
 */
export function totalEnergy(
  rails: readonly Rail[],
  series: readonly (readonly RailReading[])[],
): IntervalEnergy {
  let total_j = 0;
  for (const rail of rails.filter(({ counted }) => counted)) {
    const readings = series.flatMap((moment) =>
      moment.filter((reading) => reading.rail === rail.id),
    );
    if (readings.length < 2) return invalid(rail, "has fewer than two readings");
    for (const [i, to] of readings.slice(1).entries()) {
      const from = readings[i];
      if (!from) continue;
      const step = counterDelta(rail, from, to);
      if (!step.ok) return step;
      total_j += step.energy_j;
    }
  }
  return { ok: true, energy_j: total_j };
}

const invalid = (rail: Rail, problem: string): IntervalEnergy => ({
  ok: false,
  reason: `counter "${rail.label}" ${problem}`,
});
