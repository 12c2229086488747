import { type DeviceEntry, findDevice, listDevices } from "./catalog.ts";
import { localSurroundings } from "./local-machine.ts";
import type { Availability } from "./meter.ts";
import { meterKinds, runtimeKinds } from "./registry.ts";

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

/** Tries every runtime and meter of one device, or of all. Nothing found is an answer, not an error. */
export async function probeDevices(
  id?: string,
  { sysfsRoot }: { readonly sysfsRoot?: string } = {},
): Promise<readonly ProbeRow[]> {
  const surroundings = localSurroundings(sysfsRoot);
  const entries: readonly DeviceEntry[] =
    id === undefined
      ? listDevices().filter(({ transports }) => transports[0] === "local")
      : [findDevice(id)];
  const parts = entries.flatMap(({ id: device, runtimes, meters }) => [
    ...runtimes.map((name) => ({
      row: { device, kind: "runtime" as const, name },
      probe: runtimeKinds[name]?.(surroundings).probe,
    })),
    ...meters.map((name) => ({
      row: { device, kind: "meter" as const, name },
      probe: meterKinds[name]?.(surroundings).probe,
    })),
  ]);
  return Promise.all(
    parts.map(async ({ row, probe }) => {
      if (!probe) throw new Error(`${row.kind} "${row.name}" is not registered`);
      return { ...row, ...outcomeOf(await probe()) };
    }),
  );
}

const outcomeOf = (found: Availability): Pick<ProbeRow, "works" | "detail" | "remedy"> =>
  found.ok
    ? { works: true, detail: found.note ?? "", remedy: "" }
    : { works: false, detail: found.reason, remedy: found.remedy };
