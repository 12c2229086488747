import { UserError, unknownName } from "../src/errors.ts";
import { type CatalogueRail, type DeviceEntry, knownRails } from "./catalog.ts";
import type { Availability, Meter } from "./meter.ts";
import { traceMeterId } from "./meters/trace.ts";
import { boundMeters, meterKinds, programRuntimes, runtimeKinds } from "./registry.ts";
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
  /** What it says of its rails. */
  readonly rails?: readonly CatalogueRail[] | undefined;
}

/** Throws a UserError for a name that the device does not know. */
export function chooseParts(
  entry: Pick<DeviceEntry, "runtimes" | "meters" | "settings" | "rails" | "transports">,
  { runtime = entry.runtimes[0] ?? "", meter = "auto" }: PartNames,
): ChosenParts {
  const { runtimes, meters, settings } = entry;
  const known = { runtime, settings, rails: knownRails(entry) };
  if (!runtimes.includes(runtime)) throw unknownName("runtime", runtime, runtimes);
  if (meter === "auto") return { ...known, meters: [...meters, "none"] };
  // Whatever the device is, an instrument may be beside it; a page runs no windows for one.
  const isRecorded = meter === traceMeterId && entry.transports[0] !== "browser";
  if (!meters.includes(meter) && !isRecorded)
    throw unknownName("meter", meter, ["auto", ...meters]);
  return { ...known, meters: [meter] };
}

/** A part, and whether it works where it is wanted. */
export interface Tried<T> {
  readonly part: T;
  readonly found: Availability;
}

export const triedRuntime = (name: string, surroundings: Surroundings): Promise<Tried<Runtime>> =>
  tried("runtime", runtimeKinds, name, !programRuntimes.has(name), surroundings);

export const triedMeter = (name: string, surroundings: Surroundings): Promise<Tried<Meter>> =>
  tried("meter", meterKinds, name, boundMeters.has(name), surroundings);

/** What is bound to the machine that it runs on is refused for any other, unseen: it would speak for this one. */
async function tried<T extends Runtime | Meter>(
  kind: string,
  kinds: Readonly<Record<string, (surroundings: Surroundings) => T>>,
  name: string,
  isBound: boolean,
  surroundings: Surroundings,
): Promise<Tried<T>> {
  const open = kinds[name];
  if (!open) throw unknownName(kind, name, Object.keys(kinds));
  const part = open(surroundings);
  const { isDriven, transport } = surroundings;
  return { part, found: isBound && isDriven ? elsewhere(transport.name) : await part.probe() };
}

const elsewhere = (machine: string): Availability => ({
  ok: false,
  reason: `it reads the machine that it runs on, and ${machine} is driven from another one`,
  remedy:
    'Where the device can run wattsplit, name its command: wattsplit devices add NAME --like ID --command "npx wattsplit"',
});

/** Throws a UserError with its remedy when the runtime does not work here. */
export async function openRuntime(name: string, surroundings: Surroundings): Promise<Runtime> {
  const { part, found } = await triedRuntime(name, surroundings);
  requireAvailable(`Runtime "${name}"`, found);
  return part;
}

/** The first of the meters that works; throws a UserError with the first one's remedy when none does. */
export async function openMeter(
  names: readonly string[],
  surroundings: Surroundings,
): Promise<Meter> {
  let first: { readonly name: string; readonly found: Availability } | undefined;
  for (const name of names) {
    const { part, found } = await triedMeter(name, surroundings);
    if (found.ok) return part;
    first ??= { name, found };
  }
  if (first) requireAvailable(`Meter "${first.name}"`, first.found);
  throw new Error("No meter was named");
}

function requireAvailable(what: string, availability: Availability): void {
  if (availability.ok) return;
  throw new UserError(`${what} is not available: ${availability.reason}`, {
    hint: availability.remedy,
    exit: "unavailable",
  });
}
