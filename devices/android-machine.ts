import { createHash } from "node:crypto";
import type { Machine } from "./agent/machine.ts";
import { systemClock } from "./clock.ts";
import type { Files } from "./files.ts";
import { type ChosenParts, openMeter, openRuntime } from "./parts.ts";
import type { MachineState } from "./raw.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Transport } from "./transport.ts";

const noFiles: Files = {
  readText: () => undefined,
  list: () => [],
  whyUnreadable: () => "ENOENT",
};

/** What meters and runtimes of a phone work with: no files of its own, its tools over adb, and this machine's clock. */
export const androidSurroundings = (
  transport: Transport,
  settings: Surroundings["settings"] = {},
): Surroundings => ({ files: noFiles, clock: systemClock, transport, settings });

/** A phone that runs programs which it is told to over adb; the script is followed on this machine. */
export async function androidMachine(
  transport: Transport,
  { runtime, meters, settings }: ChosenParts,
): Promise<Machine> {
  const surroundings = androidSurroundings(transport, settings);
  const property = async (name: string): Promise<string> =>
    (await transport.exec(["getprop", name])).stdout.trim();
  return {
    clock: systemClock,
    runtime: await openRuntime(runtime, surroundings),
    meter: await openMeter(meters, surroundings),
    describe: async () => {
      const [model, chip, release, build, serial] = await Promise.all(
        [
          "ro.product.model",
          "ro.soc.model",
          "ro.build.version.release",
          "ro.build.fingerprint",
          "ro.serialno",
        ].map(property),
      );
      return {
        processor: chip || model || "unknown",
        fingerprint: serial
          ? createHash("sha256").update(`${serial}\n${model}`).digest("hex").slice(0, 16)
          : "unknown",
        os: `Android ${release}`.trim(),
        powerMode: "unknown",
        details: { model: model ?? "", build: build ?? "" },
      };
    },
    state: () => phoneState(transport),
  };
}

const stateFiles = [
  "/sys/class/thermal/thermal_zone0/temp",
  "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
  "/proc/loadavg",
];

/** Whatever of temperature, clock and load the phone's shell may read. */
async function phoneState(transport: Transport): Promise<MachineState> {
  const script = stateFiles.map((file) => `cat ${file} 2>/dev/null || echo -`).join("; ");
  const { stdout } = await transport.exec(["sh", "-c", script]);
  const [temperature_mc = Number.NaN, clock_khz = Number.NaN, load = Number.NaN] = stdout
    .split("\n")
    .map((line) => Number.parseFloat(line));
  return {
    ...(temperature_mc > 0 ? { temperature_c: temperature_mc / 1e3 } : {}),
    ...(clock_khz > 0 ? { clock_hz: clock_khz * 1e3 } : {}),
    ...(load >= 0 ? { load } : {}),
  };
}
