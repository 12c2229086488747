import { mean, sampleStandardDeviation } from "simple-statistics";
import {
  integrate,
  type MeterDescription,
  type MeterLookStep,
  type MeterRecord,
  type Rail,
  ticksWithin,
} from "../../devices/index.ts";
import { type SessionConditions, studentT95 } from "../../energy-db/index.ts";
import { readingPeriod } from "./rules.ts";

const pairs = 3;
/** How much more rarely the meter is read for comparison. */
const rarer = 4;
const look_s = 1;
const fewestPeriods = 10;
/** Meters so slow that the looks would take longer than this together are left alone. */
const longest_s = 60;

/** Looks at the idle meter, read as often as in a window and more rarely by turns; none where that takes too long. */
export function samplerSteps(
  updatePeriod_s: number,
  meter: Pick<MeterDescription, "fastestReading_s">,
): readonly MeterLookStep[] {
  const period_s = readingPeriod(updatePeriod_s, meter);
  const slowest_s = Math.max(updatePeriod_s, rarer * period_s);
  const duration_s = Math.max(look_s, fewestPeriods * slowest_s);
  if (2 * pairs * duration_s > longest_s) return [];
  return Array.from({ length: 2 * pairs }, (_, i) => ({
    kind: "meter-look" as const,
    duration_s,
    period_s: i % 2 === 0 ? period_s : rarer * period_s,
  }));
}

/**
 * Power that reading the meter takes on the device, W: of every pair of looks, what the more frequent reading drew more, from which
 * a quarter of the cost is missing. With the t-interval over pairs; undefined where a look could not be read.
 */
export function samplerPower(
  rails: readonly Rail[],
  records: readonly MeterRecord[],
): NonNullable<SessionConditions["sampler"]> | undefined {
  const powers_w = records.map((record) => idlePower(rails, record));
  const differences_w = Array.from({ length: Math.floor(powers_w.length / 2) }, (_, i) => {
    const [often_w = Number.NaN, rarely_w = Number.NaN] = powers_w.slice(2 * i, 2 * i + 2);
    return ((often_w - rarely_w) * rarer) / (rarer - 1);
  });
  if (differences_w.length < 2 || differences_w.some(Number.isNaN)) return undefined;
  const power_w = mean(differences_w);
  const half_w =
    (studentT95(differences_w.length - 1) * sampleStandardDeviation(differences_w)) /
    Math.sqrt(differences_w.length);
  return { power_w, low_w: power_w - half_w, high_w: power_w + half_w };
}

function idlePower(rails: readonly Rail[], { samples }: MeterRecord): number {
  const times_s = samples.map(({ time_s }) => time_s);
  const whole = { from_s: Math.min(...times_s), to_s: Math.max(...times_s) };
  const ticks = samples.length > 0 ? ticksWithin(rails, samples, whole) : undefined;
  if (!ticks) return Number.NaN;
  const energy = integrate(rails, samples, ticks);
  if (!energy.ok) return Number.NaN;
  const energy_j = energy.rails.reduce((sum, rail) => sum + rail.energy_j, 0);
  return energy_j / (ticks.to_s - ticks.from_s);
}
