import type { Clock } from "./clock.ts";
import type { Meter } from "./meter.ts";
import { noMeter } from "./meters/none.ts";
import { raplMeter } from "./meters/rapl.ts";
import type { Runtime } from "./runtime.ts";
import { ortCpuRuntime } from "./runtimes/ort-cpu.ts";
import type { Transport } from "./transport.ts";
import { localTransport } from "./transports/local.ts";

/** Devices that can be opened: one line per kind. */
export const deviceKinds: Readonly<Record<string, DeviceKind>> = {
  local: {
    summary: "this machine",
    open: localTransport,
    runtimes: ["ort-cpu"],
    meters: ["rapl", "none"],
  },
};

/** Runtimes by name: one line per kind. */
export const runtimeKinds: Readonly<Record<string, () => Runtime>> = {
  "ort-cpu": ortCpuRuntime,
};

/** Meters by name, best first: one line per kind. */
export const meterKinds: Readonly<Record<string, (transport: Transport, clock: Clock) => Meter>> = {
  rapl: raplMeter,
  none: () => noMeter,
};

export interface DeviceKind {
  readonly summary: string;
  open(root?: string): Transport;
  /** Names of runtimes and meters that make sense there, the default runtime first. */
  readonly runtimes: readonly string[];
  readonly meters: readonly string[];
}
