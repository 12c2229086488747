import { UserError, unknownName } from "../src/errors.ts";
import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";
import type { Availability, Meter } from "./meter.ts";
import { type DeviceKind, deviceKinds, meterKinds, runtimeKinds } from "./registry.ts";
import type { Runtime } from "./runtime.ts";

/** Which runtime and meter of a device are wanted. */
export interface PartNames {
  /** Default: the device's first. */
  readonly runtime?: string | undefined;
  /** "auto" (default): the first meter that works, else none. */
  readonly meter?: string | undefined;
}

/** The kind of device called `id`; throws a UserError that lists the known ones. */
export function findDevice(id: string): DeviceKind {
  const kind = deviceKinds[id];
  if (!kind) throw unknownName("device", id, Object.keys(deviceKinds));
  return kind;
}

/** Throws a UserError for a name that the device does not know. */
export function requireKnownParts(id: string, { runtime, meter = "auto" }: PartNames): void {
  const { runtimes, meters } = findDevice(id);
  if (runtime !== undefined && !runtimes.includes(runtime))
    throw unknownName("runtime", runtime, runtimes);
  if (meter !== "auto" && !meters.includes(meter))
    throw unknownName("meter", meter, ["auto", ...meters]);
}

/** Throws a UserError with its remedy when the runtime does not work here. */
export async function chooseRuntime(id: string, names: PartNames): Promise<Runtime> {
  requireKnownParts(id, names);
  const name = names.runtime ?? findDevice(id).runtimes[0] ?? "";
  const runtime = registered(runtimeKinds[name], name)();
  requireAvailable(`Runtime "${name}"`, await runtime.probe());
  return runtime;
}

/** Throws a UserError with its remedy when the meter that is asked for does not work here. */
export async function chooseMeter(
  id: string,
  names: PartNames,
  files: Files,
  clock: Clock,
): Promise<Meter> {
  requireKnownParts(id, names);
  const { meter: name = "auto" } = names;
  const open = (wanted: string): Meter => registered(meterKinds[wanted], wanted)(files, clock);
  if (name === "auto") {
    for (const candidate of findDevice(id).meters) {
      const meter = open(candidate);
      if ((await meter.probe()).ok) return meter;
    }
    return open("none");
  }
  const meter = open(name);
  requireAvailable(`Meter "${name}"`, await meter.probe());
  return meter;
}

function registered<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`"${name}" is not registered`);
  return part;
}

function requireAvailable(what: string, availability: Availability): void {
  if (availability.ok) return;
  throw new UserError(`${what} is not available: ${availability.reason}`, {
    hint: availability.remedy,
    exit: "unavailable",
  });
}
