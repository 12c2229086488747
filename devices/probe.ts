import { type Clock, systemClock } from "./clock.ts";
import { findDevice } from "./open.ts";
import { deviceKinds, meterKinds, runtimeKinds } from "./registry.ts";

/** One runtime or meter of a device: whether it works, else why not and what to do. */
export interface ProbeRow {
  readonly device: string;
  readonly kind: "runtime" | "meter";
  readonly name: string;
  readonly works: boolean;
  /** A note where it works, the reason where it does not. */
  readonly detail: string;
  /** Empty where there is nothing to do. */
  readonly remedy: string;
}

export interface ProbeOptions {
  readonly sysfsRoot?: string;
  readonly clock?: Clock;
}

/** Tries every runtime and meter of one device, or of all. Nothing found is an answer, not an error. */
export async function probeDevices(
  id?: string,
  { sysfsRoot, clock = systemClock }: ProbeOptions = {},
): Promise<readonly ProbeRow[]> {
  const rows = (id === undefined ? Object.keys(deviceKinds) : [id]).map(async (device) => {
    const kind = findDevice(device);
    const transport = kind.open(sysfsRoot);
    const parts = [
      ...kind.runtimes.map((name) => ({
        kind: "runtime" as const,
        name,
        probe: runtimeKinds[name]?.(),
      })),
      ...kind.meters.map((name) => ({
        kind: "meter" as const,
        name,
        probe: meterKinds[name]?.(transport, clock),
      })),
    ];
    const probed = await Promise.all(
      parts.map(async ({ kind: part, name, probe }) => {
        const found = await probe?.probe();
        if (!found) throw new Error(`${part} "${name}" is not registered`);
        return found.ok
          ? { device, kind: part, name, works: true, detail: found.note ?? "", remedy: "" }
          : { device, kind: part, name, works: false, detail: found.reason, remedy: found.remedy };
      }),
    );
    await transport.close();
    return probed;
  });
  return (await Promise.all(rows)).flat();
}
