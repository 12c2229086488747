import { createHash } from "node:crypto";
import type { Machine } from "./agent/machine.ts";
import { androidState } from "./android-state.ts";
import { systemClock } from "./clock.ts";
import type { Files } from "./files.ts";
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
  settings: Surroundings["settings"] = {},
): Surroundings => ({
  isDriven: true,
  files: noFiles,
  clock: systemClock,
  transport,
  settings,
  // The one place of a phone that its shell may write to and run programs from.
  folder: "/data/local/tmp/wattsplit",
});

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
      const { powerMode = "unknown" } = await androidState(transport);
      return {
        processor: chip || model || "unknown",
        fingerprint: serial
          ? createHash("sha256").update(`${serial}\n${model}`).digest("hex").slice(0, 16)
          : "unknown",
        os: `Android ${release}`.trim(),
        powerMode,
        details: { model: model ?? "", build: build ?? "" },
      };
    },
    state: () => androidState(transport),
  };
}
