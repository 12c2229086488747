import type { Clock } from "./clock.ts";
import type { Files } from "./files.ts";
import type { Meter } from "./meter.ts";
import { noMeter } from "./meters/none.ts";
import { raplMeter } from "./meters/rapl.ts";
import type { Runtime } from "./runtime.ts";
import { ortCpuRuntime } from "./runtimes/ort-cpu.ts";

/** Devices that can be opened: one line per kind. */
export const deviceKinds: Readonly<Record<string, DeviceKind>> = {
  local: { summary: "this machine", runtimes: ["ort-cpu"], meters: ["rapl", "none"] },
};

/** Runtimes by name: one line per kind. */
export const runtimeKinds: Readonly<Record<string, () => Runtime>> = {
  "ort-cpu": ortCpuRuntime,
};

/** Meters by name, best first: one line per kind. */
export const meterKinds: Readonly<Record<string, (files: Files, clock: Clock) => Meter>> = {
  rapl: raplMeter,
  none: () => noMeter,
};

export interface DeviceKind {
  readonly summary: string;
  /** Names of runtimes and meters that make sense there, the default runtime first. */
  readonly runtimes: readonly string[];
  readonly meters: readonly string[];
}
