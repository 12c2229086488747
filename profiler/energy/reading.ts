import { mean, sampleStandardDeviation } from "simple-statistics";
import {
  integrate,
  type MeterDescription,
  type MeterRecord,
  type RawWindow,
  ticksWithin,
} from "../../devices/index.ts";
import type { EnergyEstimate, EnergyReading, EnergyWindow } from "../../energy-db/index.ts";
import { studentT95 } from "../../energy-db/index.ts";
import { median } from "../../src/statistics.ts";
import { formatJoules } from "../../src/units.ts";
import type { EnergyRules } from "./rules.ts";

/** A load window with its energy per inference; net where idle before and after agreed. */
export interface LoadEnergy {
  readonly gross_j: number;
  readonly net_j?: number;
  readonly idle_power_w?: number;
}

/** What the windows of one or more meter records say, kept apart from the summary so that more can be added. */
export interface WindowedEnergy {
  readonly windows: readonly EnergyWindow[];
  readonly loads: readonly LoadEnergy[];
  readonly invalid: readonly string[];
}

/**
 * The windows of one model with the idle ones before and after each, integrated over their own time; what cannot be
 * trusted is left out with a sentence why.
 */
export function readWindows(
  { rails }: MeterDescription,
  record: MeterRecord,
  model: string,
  rules: EnergyRules,
): WindowedEnergy {
  const own = record.windows.map(
    ({ kind }, i) =>
      record.windows[i]?.model === model ||
      (kind === "idle" &&
        [record.windows[i - 1], record.windows[i + 1]].some((next) => next?.model === model)),
  );
  const windows = record.windows.map((window, i) =>
    own[i] ? readWindow(rails, record, window) : undefined,
  );
  const read = windows.filter((window) => window !== undefined);
  const invalid = read.flatMap((window) => ("reason" in window ? window.reason : []));
  const loads = windows.flatMap((window, i): LoadEnergy[] => {
    if (!window || "reason" in window || window.kind === "idle") return [];
    return [loadEnergy(window, powerOf(windows[i - 1]), powerOf(windows[i + 1]), rules)];
  });
  const unstable = loads.filter(({ net_j }) => net_j === undefined).length;
  return {
    windows: read.filter((window): window is EnergyWindow => !("reason" in window)),
    loads,
    invalid:
      unstable > 0
        ? [...invalid, `idle power before and after ${unstable} windows differed or was unknown`]
        : invalid,
  };
}

export const joinWindows = (parts: readonly WindowedEnergy[]): WindowedEnergy => ({
  windows: parts.flatMap(({ windows }) => windows),
  loads: parts.flatMap(({ loads }) => loads),
  invalid: parts.flatMap(({ invalid }) => invalid),
});

interface Unreadable {
  readonly reason: string;
}

function readWindow(
  rails: MeterDescription["rails"],
  { samples }: MeterRecord,
  window: RawWindow,
): EnergyWindow | Unreadable {
  const ticks = ticksWithin(rails, samples, { from_s: window.start_s, to_s: window.end_s });
  if (!ticks) return { reason: `the meter was not updated twice within a window (${window.kind})` };
  const energy = integrate(rails, samples, ticks);
  if (!energy.ok) return { reason: energy.reason };
  const duration_s = ticks.to_s - ticks.from_s;
  const kind = window.kind === "load" ? "load" : "idle";
  const runs = window.batchRuns.reduce((sum, count) => sum + count, 0);
  const latency_s = (window.end_s - window.start_s) / runs;
  return {
    kind,
    start_s: ticks.from_s,
    duration_s,
    inferences: kind === "idle" ? 0 : Math.round(duration_s / latency_s),
    ...(kind === "idle" ? {} : { latency_s }),
    rails: energy.rails,
  };
}

const energyOf = ({ rails }: EnergyWindow): number =>
  rails.reduce((sum, { energy_j }) => sum + energy_j, 0);

const powerOf = (window: EnergyWindow | Unreadable | undefined): number | undefined =>
  !window || "reason" in window ? undefined : energyOf(window) / window.duration_s;

/** The window's power for the time of its own mean inference, slow moments included. */
function loadEnergy(
  window: EnergyWindow,
  before_w: number | undefined,
  after_w: number | undefined,
  { idleAgreement }: EnergyRules,
): LoadEnergy {
  const power_w = energyOf(window) / window.duration_s;
  const { latency_s = Number.NaN } = window;
  const gross_j = power_w * latency_s;
  if (before_w === undefined || after_w === undefined) return { gross_j };
  const idle_power_w = (before_w + after_w) / 2;
  if (Math.abs(before_w - after_w) > idleAgreement * idle_power_w) return { gross_j };
  return { gross_j, net_j: (power_w - idle_power_w) * latency_s, idle_power_w };
}

/** Of fewer windows no energy is told. */
const fewestWindows = 5;

/** Energy of one inference from the windows; a sentence why not, where there are too few. */
export function energyReading(
  { windows, loads, invalid }: WindowedEnergy,
  { id, quality }: MeterDescription,
): EnergyReading | { readonly invalid: readonly string[] } {
  if (quality === "none") throw new Error("A meter that measures nothing was read");
  const gross = estimate(loads.map(({ gross_j }) => gross_j));
  if (!gross) return { invalid: [...invalid, "fewer than five windows could be read"] };
  const settled = loads.filter(({ net_j }) => net_j !== undefined);
  const net = estimate(settled.flatMap(({ net_j }) => net_j ?? []));
  const noise = net && whyNoise(net);
  return {
    gross,
    ...(net && noise === undefined
      ? { net, idle_power_w: mean(settled.flatMap(({ idle_power_w }) => idle_power_w ?? [])) }
      : {}),
    meter: id,
    provenance: quality,
    windows,
    invalid: noise === undefined ? invalid : [...invalid, noise],
  };
}

/** Why a net energy is no number; undefined where it is one: its interval lies above 0. */
function whyNoise({ energy_j, low_j, high_j }: EnergyEstimate): string | undefined {
  if (energy_j <= 0) return "the network drew no more power than the idle machine";
  return low_j > 0
    ? undefined
    : `net energy is below the noise floor of these windows: < ${formatJoules(high_j)}`;
}

/**
 * Standard errors of the mean, s / sqrt(n), that the median of 5, 6, ... 20 normal values is off in 5 % of cases at least: from four
 * million draws each, to 0.01. Student's t stands in the same place for a mean.
 */
const medianT95 = [
  3.02, 2.76, 2.77, 2.61, 2.67, 2.55, 2.61, 2.52, 2.58, 2.5, 2.56, 2.49, 2.54, 2.49, 2.53, 2.48,
];

/** The same for any number of values, from 5 on; for many the spread of a median is sqrt(pi / 2) times that of a mean. */
const medianHalfWidth = (count: number): number =>
  medianT95[count - fewestWindows] ?? Math.sqrt(Math.PI / 2) * studentT95(count - 1);

/** Median over windows with its 95 % interval. Undefined for too few windows. */
function estimate(energies_j: readonly number[]): EnergyEstimate | undefined {
  if (energies_j.length < fewestWindows) return undefined;
  const energy_j = median([...energies_j]);
  const half_j =
    (medianHalfWidth(energies_j.length) * sampleStandardDeviation([...energies_j])) /
    Math.sqrt(energies_j.length);
  return { energy_j, low_j: energy_j - half_j, high_j: energy_j + half_j };
}
