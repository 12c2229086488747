import type { Meter } from "./meter.ts";
import { noMeter } from "./meters/none.ts";
import { raplMeter } from "./meters/rapl.ts";
import type { Runtime } from "./runtime.ts";
import { ortCpuRuntime } from "./runtimes/ort-cpu.ts";
import type { Surroundings } from "./surroundings.ts";

/** Runtimes by name: one line per kind. */
export const runtimeKinds: Readonly<Record<string, (surroundings: Surroundings) => Runtime>> = {
  "ort-cpu": ortCpuRuntime,
};

/** Meters by name, best first: one line per kind. */
export const meterKinds: Readonly<Record<string, (surroundings: Surroundings) => Meter>> = {
  rapl: raplMeter,
  none: () => noMeter,
};
