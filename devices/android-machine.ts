import { createHash } from "node:crypto";
import type { Machine } from "./agent/machine.ts";
import { androidState } from "./android-state.ts";
import { devicesFolder } from "./catalog.ts";
import { systemClock } from "./clock.ts";
import type { Files } from "./files.ts";
import { gaugeMemory } from "./gauge-memory.ts";
import { type ChosenParts, openMeter, openRuntime } from "./parts.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Transport } from "./transport.ts";

export const noFiles: Files = {
  readText: () => undefined,
  list: () => [],
  whyUnreadable: () => "ENOENT",
  whyUnlistable: () => "ENOENT",
};

/** What meters and runtimes of a phone work with: no files of its own, its tools over adb, and this machine's clock. */
export const androidSurroundings = (
  transport: Transport,
  { settings = {}, rails }: Pick<ChosenParts, "settings" | "rails">,
  folder = devicesFolder(),
): Surroundings => ({
  isDriven: true,
  files: noFiles,
  clock: systemClock,
  transport,
  settings,
  rails,
  gauges: gaugeMemory(() => fingerprintOf(transport), folder),
  // The one place of a phone that its shell may write to and run programs from.
  folder: "/data/local/tmp/wattsplit",
});

/** A phone that runs programs which it is told to over adb; the script is followed on this machine. */
export async function androidMachine(
  transport: Transport,
  { runtime, meters, ...known }: ChosenParts,
  folder?: string,
): Promise<Machine> {
  const surroundings = androidSurroundings(transport, known, folder);
  return {
    clock: systemClock,
    runtime: await openRuntime(runtime, surroundings),
    meter: await openMeter(meters, surroundings),
    describe: async () => {
      const [model, chip, release, build] = await properties(transport, [
        "ro.product.model",
        "ro.soc.model",
        "ro.build.version.release",
        "ro.build.fingerprint",
      ]);
      const { powerMode = "unknown" } = await androidState(transport);
      return {
        processor: chip || model || "unknown",
        fingerprint: (await fingerprintOf(transport)) ?? "unknown",
        os: `Android ${release}`.trim(),
        powerMode,
        details: { model: model ?? "", build: build ?? "" },
      };
    },
    state: () => androidState(transport),
  };
}

const properties = (transport: Transport, names: readonly string[]): Promise<readonly string[]> =>
  Promise.all(names.map(async (name) => (await transport.exec(["getprop", name])).stdout.trim()));

/** Tells two phones of one model apart without giving a serial number away; undefined without one. */
async function fingerprintOf(transport: Transport): Promise<string | undefined> {
  const [serial, model] = await properties(transport, ["ro.serialno", "ro.product.model"]);
  return serial
    ? createHash("sha256").update(`${serial}\n${model}`).digest("hex").slice(0, 16)
    : undefined;
}
