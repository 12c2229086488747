import { type IntervalEnergy, integrate } from "../integrator.ts";
import type { MeterSample, Rail } from "../meter.ts";

/** What an instrument beside the device recorded, on the instrument's clock. */
export interface Trace {
  readonly rail: Rail;
  /** "derived" where the voltage was assumed. */
  readonly quality: "measured" | "derived";
  readonly samples: readonly MeterSample[];
  /** Edges of the line that the device pulls at the borders of its work, s. */
  readonly markers_s: readonly number[];
}

/** Any of these instruments' limits. */
const maxPower_w = 500;

export const traceRail = (kind: Rail["kind"]): Rail => ({
  id: "trace",
  label: "trace",
  kind,
  domain: "board",
  counted: true,
  maxPower_w,
});

export interface TraceWindow {
  readonly from_s: number;
  readonly to_s: number;
  readonly energy: IntervalEnergy;
}

/** Every second stretch between two markers, from the second marker on: what EnergyRunner calls its windows. */
export function windowsBetween({ rail, samples, markers_s }: Trace): readonly TraceWindow[] {
  const windows: TraceWindow[] = [];
  for (let i = 1; i + 1 < markers_s.length; i += 2) {
    const [from_s = 0, to_s = 0] = [markers_s[i], markers_s[i + 1]];
    windows.push({ from_s, to_s, energy: integrate([rail], samples, { from_s, to_s }) });
  }
  return windows;
}
