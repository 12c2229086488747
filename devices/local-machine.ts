import { createHash, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import si from "systeminformation";
import type { Machine, MachineDescription } from "./agent/machine.ts";
import { systemClock } from "./clock.ts";
import { filesBelow } from "./files.ts";
import { machineState, powerModeOf } from "./machine-state.ts";
import { nvpmodel } from "./nvpmodel.ts";
import { type ChosenParts, openMeter, openRuntime } from "./parts.ts";
import type { Surroundings } from "./surroundings.ts";
import { localTransport } from "./transports/local.ts";

export interface LocalOptions extends ChosenParts {
  /** Folder that stands in for the file system's root: fixtures of sysfs. */
  readonly sysfsRoot?: string | undefined;
}

/** What meters and runtimes of this machine work with. */
export const localSurroundings = (
  sysfsRoot?: string,
  settings: Surroundings["settings"] = {},
): Surroundings => ({
  files: filesBelow(sysfsRoot),
  clock: systemClock,
  transport: localTransport(),
  settings,
  folder: join(tmpdir(), `wattsplit-${randomBytes(6).toString("hex")}`),
});

/** The machine this process runs on. Throws a UserError for parts that are unknown or do not work here. */
export async function localMachine({
  runtime,
  meters,
  settings,
  sysfsRoot,
}: LocalOptions): Promise<Machine> {
  const surroundings = localSurroundings(sysfsRoot, settings);
  const { files } = surroundings;
  return {
    clock: systemClock,
    runtime: await openRuntime(runtime, surroundings),
    meter: await openMeter(meters, surroundings),
    describe: () => describeMachine(surroundings),
    state: async () => machineState(files),
  };
}

/** What systeminformation and sysfs tell about this machine; what they cannot read is left out. */
async function describeMachine({
  files,
  transport,
}: Pick<Surroundings, "files" | "transport">): Promise<MachineDescription> {
  const [cpu, flags, memory, os, uuid, mode] = await Promise.all([
    si.cpu(),
    si.cpuFlags(),
    si.mem(),
    si.osInfo(),
    si.uuid(),
    nvpmodel(transport, files.readText("proc/device-tree/model")),
  ]);
  const facts = {
    cores: cpu.physicalCores,
    logicalCores: cpu.cores,
    l1Data_bytes: cpu.cache.l1d,
    l2_bytes: cpu.cache.l2,
    l3_bytes: cpu.cache.l3,
    memory_bytes: memory.total,
    kernel: os.kernel,
    flags,
    node: process.version,
    ...(mode === undefined ? {} : { nvpmodel: mode }),
  };
  return {
    processor: `${cpu.manufacturer} ${cpu.brand}`.trim(),
    fingerprint: fingerprintOf([uuid.os, cpu.family, cpu.model, cpu.stepping, flags]),
    os: `${os.distro} ${os.release} ${os.arch}`.trim(),
    powerMode: powerModeOf(files) ?? "unknown",
    details: Object.fromEntries(
      Object.entries(facts).filter(([, fact]) => fact !== undefined && fact !== "" && fact !== 0),
    ),
  };
}

/** Tells two machines of one kind apart without giving their ids away; "unknown" without a machine id. */
function fingerprintOf([machine, ...processor]: readonly string[]): string {
  if (!machine) return "unknown";
  return createHash("sha256")
    .update([machine, ...processor].join("\n"))
    .digest("hex")
    .slice(0, 16);
}
