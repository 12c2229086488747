import type { DeviceEntry } from "./catalog.ts";
import type { Availability } from "./meter.ts";
import { triedMeter, triedRuntime } from "./parts.ts";
import type { Surroundings } from "./surroundings.ts";

/** One runtime or meter of a device: whether it works, else why not and what to do. */
export interface ProbeRow {
  readonly device: string;
  readonly kind: "runtime" | "meter";
  readonly name: string;
  readonly works: boolean;
  /** False where nothing could be asked: nobody knows whether it works. */
  readonly tried: boolean;
  /** A note where it works, the reason where it does not. */
  readonly detail: string;
  /** Empty where there is nothing to do. */
  readonly remedy: string;
}

/** Tries every part of a device in these surroundings. */
export async function probeHere(
  { id: device, runtimes, meters }: DeviceEntry,
  surroundings: Surroundings,
): Promise<readonly ProbeRow[]> {
  const parts = [
    ...runtimes.map((name) => ({ kind: "runtime" as const, name, trial: triedRuntime })),
    ...meters.map((name) => ({ kind: "meter" as const, name, trial: triedMeter })),
  ];
  return Promise.all(
    parts.map(async ({ kind, name, trial }) => {
      const { found } = await trial(name, surroundings);
      return { device, kind, name, tried: true, ...outcomeOf(found) };
    }),
  );
}

const outcomeOf = (found: Availability): Pick<ProbeRow, "works" | "detail" | "remedy"> =>
  found.ok
    ? { works: true, detail: found.note ?? "", remedy: "" }
    : { works: false, detail: found.reason, remedy: found.remedy };

/** The same answer for every part. */
export const allRefused = (
  { id: device, runtimes, meters }: DeviceEntry,
  detail: string,
  remedy: string,
  { tried = true } = {},
): readonly ProbeRow[] =>
  [
    ...runtimes.map((name) => ({ kind: "runtime" as const, name })),
    ...meters.map((name) => ({ kind: "meter" as const, name })),
  ].map((part) => ({ device, ...part, works: false, tried, detail, remedy }));
