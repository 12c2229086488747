import {
  alignGroups,
  type MeterDescription,
  PowerProfile,
  samplesOnDevice,
  type Trace,
  traceMeterId,
} from "../../devices/index.ts";
import type { EnergyReading, LoadName, LoggedTrace, MeterLog } from "../../energy-db/index.ts";
import { meterRecordOf, modelNameOf } from "./meter-log.ts";
import { energyReading, readWindows } from "./reading.ts";
import { energyRules } from "./rules.ts";

/** What a trace says of one stretch of metering. */
export interface TracedLog {
  readonly log: MeterLog;
  /** Why it was not found in the trace; then it has no loads. */
  readonly reason?: string;
  readonly clock?: Omit<LoggedTrace, "file" | "sha256">;
  readonly loads: readonly TracedLoad[];
}

export interface TracedLoad {
  readonly name: LoadName;
  /** Absent where its windows say too little; `invalid` tells why. */
  readonly energy?: EnergyReading;
  readonly invalid: readonly string[];
}

/**
 * Lays a trace over the windows of a session and makes energies of them, as of any meter: five windows at least, net where
 * idle power before and after agrees.
 */
export function energiesFromTrace(logs: readonly MeterLog[], trace: Trace): readonly TracedLog[] {
  const profile = new PowerProfile(trace);
  const aligned = alignGroups(
    profile,
    logs.map(({ windows }) => windows),
  );
  return logs.map((log, i): TracedLog => {
    const clock = aligned[i];
    if (!clock || "reason" in clock)
      return { log, reason: clock?.reason ?? "there is no trace", loads: [] };
    const { offset_s, drift, explained } = clock;
    const [first, last] = [log.windows[0], log.windows.at(-1)];
    const { rail, samples } = samplesOnDevice(trace, clock, {
      from_s: first?.start_s ?? 0,
      to_s: last?.end_s ?? 0,
    });
    const meter: MeterDescription = {
      id: traceMeterId,
      quality: trace.quality,
      rails: [rail],
      caveats: [],
    };
    const record = meterRecordOf(log, samples);
    const loads = namesIn(log).map((name): TracedLoad => {
      const windows = readWindows(meter, record, modelNameOf(name), energyRules);
      const reading = energyReading(windows, meter);
      return "gross" in reading
        ? { name, energy: reading, invalid: reading.invalid }
        : { name, invalid: reading.invalid };
    });
    return { log, clock: { offset_s, drift, explained }, loads };
  });
}

/** Loads of a stretch, each once. */
const namesIn = ({ windows }: MeterLog): readonly LoadName[] => [
  ...new Map(
    windows.flatMap(({ load }) => (load ? [[modelNameOf(load), load] as const] : [])),
  ).values(),
];
