import type { Meter } from "./meter.ts";
import { androidBatteryMeter } from "./meters/android-battery.ts";
import { androidOdpmMeter } from "./meters/android-odpm.ts";
import { batteryMeter } from "./meters/battery.ts";
import { hwmonMeter } from "./meters/hwmon.ts";
import { jetsonMeter } from "./meters/jetson.ts";
import { noMeter } from "./meters/none.ts";
import { nvidiaSmiMeter } from "./meters/nvidia-smi.ts";
import { nvmlMeter } from "./meters/nvml.ts";
import { perfMeter } from "./meters/perf.ts";
import { powermetricsMeter } from "./meters/powermetrics.ts";
import { ppk2Meter } from "./meters/ppk2.ts";
import { raplMeter } from "./meters/rapl.ts";
import { raspberryPiMeter } from "./meters/raspberry-pi.ts";
import { shellyMeter } from "./meters/shelly.ts";
import { traceMeter } from "./meters/trace.ts";
import type { Runtime } from "./runtime.ts";
import { ortCpuRuntime, ortGpuRuntime } from "./runtimes/ort.ts";
import { ortPerfTestRuntime } from "./runtimes/ort-perf-test.ts";
import { tfjsRuntime } from "./runtimes/tfjs.ts";
import { delegates, tfliteRuntime } from "./runtimes/tflite.ts";
import type { Surroundings } from "./surroundings.ts";

/** Runtimes by name: one line per kind. */
export const runtimeKinds: Readonly<Record<string, (surroundings: Surroundings) => Runtime>> = {
  "ort-cpu": ortCpuRuntime,
  "ort-webgpu": ortGpuRuntime("webgpu"),
  "ort-cuda": ortGpuRuntime("cuda"),
  "ort-perf-test": ortPerfTestRuntime,
  "tfjs-cpu": tfjsRuntime("tfjs-cpu"),
  "tfjs-node": tfjsRuntime("tfjs-node"),
  "tfjs-node-gpu": tfjsRuntime("tfjs-node-gpu"),
  tflite: tfliteRuntime("tflite"),
  "tflite-gpu": tfliteRuntime("tflite-gpu"),
  "tflite-nnapi": tfliteRuntime("tflite-nnapi"),
};

/** Those that are programs on the device: nothing of this package has to be there. */
export const programRuntimes: ReadonlySet<string> = new Set([
  "ort-perf-test",
  ...Object.keys(delegates),
]);

/** Meters by name, counters of energy before samples of power: one line per kind. */
export const meterKinds: Readonly<Record<string, (surroundings: Surroundings) => Meter>> = {
  rapl: raplMeter,
  perf: perfMeter,
  nvml: nvmlMeter,
  "android-odpm": androidOdpmMeter,
  powermetrics: powermetricsMeter,
  jetson: jetsonMeter,
  "nvidia-smi": nvidiaSmiMeter,
  hwmon: hwmonMeter,
  "raspberry-pi": raspberryPiMeter,
  "android-battery": androidBatteryMeter,
  battery: batteryMeter,
  shelly: shellyMeter,
  ppk2: (surroundings) => ppk2Meter(surroundings),
  trace: traceMeter,
  none: () => noMeter,
};

/** Those that read files or libraries of the machine that they run on: on a machine that is driven from here they would read this one. */
export const boundMeters: ReadonlySet<string> = new Set([
  "rapl",
  "perf",
  "nvml",
  "jetson",
  "hwmon",
  "battery",
]);
