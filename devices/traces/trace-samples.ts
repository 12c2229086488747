import type { MeterSample, Rail } from "../meter.ts";
import type { TraceClock } from "./align.ts";
import { powerOf } from "./power-profile.ts";
import type { Trace } from "./trace.ts";

/** Samples of faster instruments are averaged to these, s: windows last seconds. */
const reading_s = 5e-3;

/** Readings of a trace on a device's clock, and the rail they are of. */
export interface TraceReadings {
  readonly rail: Rail;
  readonly samples: readonly MeterSample[];
}

/**
 * A trace between two times of a device, on the device's clock, in readings of 5 ms where it has more. Power becomes the mean of the
 * samples since the reading before, energies and slower traces stay as they are.
 */
export function samplesOnDevice(
  { rail, samples }: Trace,
  clock: TraceClock,
  { from_s, to_s }: { readonly from_s: number; readonly to_s: number },
): TraceReadings {
  const [first_s, last_s] = [clock.toTrace(from_s), clock.toTrace(to_s)];
  const inside = samples.filter(({ time_s }) => time_s >= first_s && time_s <= last_s);
  const onDevice = inside.map((sample) => ({ ...sample, time_s: clock.toDevice(sample.time_s) }));
  const isSlow = inside.length < (to_s - from_s) / reading_s;
  if (isSlow) return { rail, samples: onDevice };
  const groups = inReadings(onDevice, from_s);
  if (rail.kind === "energy-counter")
    return { rail, samples: groups.flatMap((group) => group.at(-1) ?? []) };
  return {
    rail: { ...rail, kind: "power", averaging_s: reading_s },
    samples: groups.map((group) => ({
      rail: rail.id,
      time_s: group.at(-1)?.time_s ?? 0,
      power_w: group.reduce((sum, sample) => sum + powerOf(sample), 0) / group.length,
    })),
  };
}

/** Samples of each reading's time together, in order. */
function inReadings(
  samples: readonly MeterSample[],
  from_s: number,
): readonly (readonly MeterSample[])[] {
  const groups: MeterSample[][] = [];
  let last = Number.NaN;
  for (const sample of samples) {
    const number = Math.floor((sample.time_s - from_s) / reading_s);
    if (number === last) groups.at(-1)?.push(sample);
    else groups.push([sample]);
    last = number;
  }
  return groups;
}
