import { UserError, unknownName } from "../src/errors.ts";
import type { DeviceEntry } from "./catalog.ts";
import type { Availability, Meter } from "./meter.ts";
import { meterKinds, runtimeKinds } from "./registry.ts";
import type { Runtime } from "./runtime.ts";
import type { Surroundings } from "./surroundings.ts";

/** Which runtime and meter of a device are wanted. */
export interface PartNames {
  /** Default: the device's first. */
  readonly runtime?: string | undefined;
  /** "auto" (default): the first meter that works, else none. */
  readonly meter?: string | undefined;
}

/** The same for an agent: names that are registered, in the order to try. */
export interface ChosenParts {
  readonly runtime: string;
  readonly meters: readonly string[];
  /** Of the device's entry: the address of a plug, the rails that count. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** Throws a UserError for a name that the device does not know. */
export function chooseParts(
  { runtimes, meters, settings }: Pick<DeviceEntry, "runtimes" | "meters" | "settings">,
  { runtime = runtimes[0] ?? "", meter = "auto" }: PartNames,
): ChosenParts {
  if (!runtimes.includes(runtime)) throw unknownName("runtime", runtime, runtimes);
  if (meter === "auto") return { runtime, meters: [...meters, "none"], settings };
  if (!meters.includes(meter)) throw unknownName("meter", meter, ["auto", ...meters]);
  return { runtime, meters: [meter], settings };
}

/** Throws a UserError with its remedy when the runtime does not work here. */
export async function openRuntime(name: string, surroundings: Surroundings): Promise<Runtime> {
  const runtime = registered(runtimeKinds[name], "runtime", name)(surroundings);
  requireAvailable(`Runtime "${name}"`, await runtime.probe());
  return runtime;
}

/** The first of the meters that works; throws a UserError with the first one's remedy when none does. */
export async function openMeter(
  names: readonly string[],
  surroundings: Surroundings,
): Promise<Meter> {
  let first: { readonly name: string; readonly found: Availability } | undefined;
  for (const name of names) {
    const meter = registered(meterKinds[name], "meter", name)(surroundings);
    const found = await meter.probe();
    if (found.ok) return meter;
    first ??= { name, found };
  }
  if (first) requireAvailable(`Meter "${first.name}"`, first.found);
  throw new Error("No meter was named");
}

function registered<T>(part: T | undefined, kind: string, name: string): T {
  if (part !== undefined) return part;
  throw unknownName(kind, name, Object.keys(kind === "meter" ? meterKinds : runtimeKinds));
}

function requireAvailable(what: string, availability: Availability): void {
  if (availability.ok) return;
  throw new UserError(`${what} is not available: ${availability.reason}`, {
    hint: availability.remedy,
    exit: "unavailable",
  });
}
