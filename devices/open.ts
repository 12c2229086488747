import { UserError, unknownName } from "../src/errors.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Device } from "./device.ts";
import { describeMachine, machineState } from "./local.ts";
import type { Availability, Meter } from "./meter.ts";
import { type DeviceKind, deviceKinds, meterKinds, runtimeKinds } from "./registry.ts";
import type { Runtime } from "./runtime.ts";
import type { Transport } from "./transport.ts";

export interface DeviceOptions {
  readonly runtime?: string;
  /** "auto" (default): the first meter that works, else none. */
  readonly meter?: string;
  readonly threads?: number;
  /** Folder that stands in for the file system's root: fixtures of sysfs. */
  readonly sysfsRoot?: string;
  readonly clock?: Clock;
}

/**
 * Opens a device by its id. An unknown id, runtime or meter leads to exit "usage"; a known one that does not
 * work here to exit "unavailable" with its remedy.
 */
export async function openDevice(id: string, options: DeviceOptions = {}): Promise<Device> {
  const kind = findDevice(id);
  const { clock = systemClock, threads = 1 } = options;
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new UserError(`${threads} threads; expected a whole number from 1`, {
      hint: "Give --threads 1, or up to the number of cores.",
      exit: "usage",
    });
  const transport = kind.open(options.sysfsRoot);
  const runtime = await openRuntime(kind, options.runtime);
  const meter = await openMeter(kind, options.meter ?? "auto", transport, clock);
  const { processor, powerMode, details } = await describeMachine(transport);
  const cores = Number(details.logicalCores ?? 1);
  return {
    id,
    identity: {
      device: id,
      processor,
      runtime: runtime.id,
      runtimeVersion: runtime.version,
      precision: "float32",
      threads,
      powerMode,
    },
    details,
    transport,
    runtime,
    meter,
    clock,
    state: () => machineState(transport, cores),
    close: async () => {
      await runtime.close();
      await meter.close();
      await transport.close();
    },
  };
}

/** The kind of device called `id`; throws a UserError that lists the known ones. */
export function findDevice(id: string): DeviceKind {
  const kind = deviceKinds[id];
  if (!kind) throw unknownName("device", id, Object.keys(deviceKinds));
  return kind;
}

async function openRuntime(kind: DeviceKind, given: string | undefined) {
  const name = given ?? kind.runtimes[0] ?? "";
  const create = runtimeKinds[name];
  if (!create || !kind.runtimes.includes(name)) throw unknownName("runtime", name, kind.runtimes);
  const runtime: Runtime = create();
  requireAvailable(`Runtime "${name}"`, await runtime.probe());
  return runtime;
}

async function openMeter(
  kind: DeviceKind,
  name: string,
  transport: Transport,
  clock: Clock,
): Promise<Meter> {
  if (name === "auto") {
    for (const candidate of kind.meters) {
      const meter = meterKinds[candidate]?.(transport, clock);
      if (meter && (await meter.probe()).ok) return meter;
    }
  }
  const meter = kind.meters.includes(name) ? meterKinds[name]?.(transport, clock) : undefined;
  if (!meter) throw unknownName("meter", name, ["auto", ...kind.meters]);
  requireAvailable(`Meter "${name}"`, await meter.probe());
  return meter;
}

function requireAvailable(what: string, availability: Availability): void {
  if (availability.ok) return;
  throw new UserError(`${what} is not available: ${availability.reason}`, {
    hint: availability.remedy,
    exit: "unavailable",
  });
}
