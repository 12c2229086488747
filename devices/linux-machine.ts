import { createHash, randomBytes } from "node:crypto";
import type { Machine, MachineDescription } from "./agent/machine.ts";
import { noFiles } from "./android-machine.ts";
import { androidState } from "./android-state.ts";
import { systemClock } from "./clock.ts";
import { nvpmodel } from "./nvpmodel.ts";
import { type ChosenParts, openMeter, openRuntime } from "./parts.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Transport } from "./transport.ts";

/** What runtimes work with on a board that has nothing of this package: its programs, and this machine's clock. */
export const linuxSurroundings = (
  transport: Transport,
  settings: Surroundings["settings"] = {},
): Surroundings => ({
  isDriven: true,
  files: noFiles,
  clock: systemClock,
  transport,
  settings,
  // Everybody may write to /tmp: a name that nobody can have taken before.
  folder: `/tmp/wattsplit-${randomBytes(6).toString("hex")}`,
});

/** A board that runs programs which it is told to over ssh; the script is followed on this machine. */
export async function linuxMachine(
  transport: Transport,
  { runtime, meters, settings }: ChosenParts,
): Promise<Machine> {
  const surroundings = linuxSurroundings(transport, settings);
  return {
    clock: systemClock,
    runtime: await openRuntime(runtime, surroundings),
    meter: await openMeter(meters, surroundings),
    describe: () => describeBoard(transport),
    state: () => androidState(transport),
  };
}

const facts = {
  board: "/proc/device-tree/model",
  processors: "/proc/cpuinfo",
  machine: "/etc/machine-id",
  system: "/etc/os-release",
  kernel: "/proc/sys/kernel/osrelease",
} as const;

/** Ends every file in the answer; text holds none. */
const separator = "\u001e";
const printAll = `for file; do cat "$file" 2>/dev/null; printf '\\036'; done; uname -m`;

async function describeBoard(transport: Transport): Promise<MachineDescription> {
  const argv = ["sh", "-c", printAll, "sh", ...Object.values(facts)];
  const texts = (await transport.exec(argv)).stdout
    .split(separator)
    .map((text) => text.replaceAll("\0", "").trim());
  const [board, processors = "", machine, system = "", kernel = "", architecture] = texts;
  const { powerMode = "unknown" } = await androidState(transport);
  const mode = await nvpmodel(transport, board);
  const model = /^(?:model name|Model|Hardware)\s*:\s*(.+)$/m.exec(processors)?.[1];
  const processor = board || model || "unknown";
  return {
    processor,
    fingerprint: machine
      ? createHash("sha256").update(`${machine}\n${processor}`).digest("hex").slice(0, 16)
      : "unknown",
    os: `${/^PRETTY_NAME="?([^"\n]+)/m.exec(system)?.[1] ?? "Linux"} ${architecture ?? ""}`.trim(),
    powerMode,
    details: {
      kernel,
      ...(mode === undefined ? {} : { nvpmodel: mode }),
      logicalCores: [...processors.matchAll(/^processor\s*:/gm)].length,
    },
  };
}
