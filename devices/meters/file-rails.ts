import type { Clock } from "../clock.ts";
import type { Availability, Meter, MeterDescription, MeterSample, Rail } from "../meter.ts";
import { polled } from "./polled.ts";

type Reading = Omit<MeterSample, "rail" | "time_s">;

/** A rail and how the kernel's files tell it at this moment; undefined when they do not. */
export interface FileRail {
  readonly rail: Rail;
  readonly read: () => Reading | undefined;
}

export interface FileMeter {
  readonly id: string;
  readonly quality: MeterDescription["quality"];
  readonly caveats: readonly string[];
  readonly needsDischarging?: true;
  readonly fastestReading_s?: number;
  readonly rails: readonly FileRail[];
  /** Why it cannot be used although it has rails, or what is missing without them. */
  readonly refusal?: Extract<Availability, { ok: false }> | undefined;
}

/** A meter whose rails are files. They are looked for once, and after `forget`; a file that vanishes later leaves a gap. */
export function fileMeter(
  clock: Clock,
  find: () => FileMeter,
): Meter & { readonly forget: () => void } {
  let found: FileMeter | undefined;
  const meter = (): FileMeter => {
    found ??= find();
    return found;
  };
  const counted = () => meter().rails.filter(({ rail }) => rail.counted);
  const readAll = (): readonly MeterSample[] =>
    meter()
      .rails.filter(({ rail }) => rail.counted || rail.checks !== undefined)
      .flatMap(({ rail, read }) => {
        const reading = read();
        return reading ? [{ rail: rail.id, time_s: clock.now_s(), ...reading }] : [];
      });
  return {
    id: meter().id,
    forget: () => {
      found = undefined;
    },
    probe: async () => {
      const { refusal } = meter();
      if (refusal) return refusal;
      const total = counted()
        .map(({ rail }) => rail.label)
        .join(" + ");
      const unread = counted().find(({ read }) => read() === undefined);
      return unread
        ? {
            ok: false,
            reason: `rail "${unread.rail.label}" cannot be read now`,
            remedy: "Look at its file in /sys as root: the sensor may be off or not connected",
          }
        : { ok: true, note: `total = ${total}` };
    },
    describe: async () => {
      const { rails, refusal: _, ...described } = meter();
      return { ...described, rails: rails.map(({ rail }) => rail) };
    },
    ...polled(clock, readAll),
  };
}
