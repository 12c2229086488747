import si from "systeminformation";
import type { MachineState } from "./device.ts";
import type { Transport } from "./transport.ts";

const cpufreq = "sys/devices/system/cpu/cpu0/cpufreq";

/** What systeminformation and sysfs tell about this machine; what they cannot read is left out. */
export interface MachineDescription {
  readonly processor: string;
  /** Frequency governor, "unknown" where it cannot be read. */
  readonly powerMode: string;
  readonly details: Readonly<Record<string, string | number>>;
}

export async function describeMachine(transport: Transport): Promise<MachineDescription> {
  const [cpu, memory, os] = await Promise.all([si.cpu(), si.mem(), si.osInfo()]);
  const governor = (await transport.readText(`${cpufreq}/scaling_governor`))?.trim();
  const facts = {
    cores: cpu.physicalCores,
    logicalCores: cpu.cores,
    l1Data_bytes: cpu.cache.l1d,
    l2_bytes: cpu.cache.l2,
    l3_bytes: cpu.cache.l3,
    memory_bytes: memory.total,
    os: `${os.distro} ${os.release}`.trim(),
    kernel: os.kernel,
    architecture: os.arch,
    node: process.version,
  };
  return {
    processor: `${cpu.manufacturer} ${cpu.brand}`.trim(),
    powerMode: governor || "unknown",
    details: Object.fromEntries(
      Object.entries(facts).filter(([, fact]) => fact !== undefined && fact !== "" && fact !== 0),
    ),
  };
}

/** Temperature, clock and load from the kernel's files. */
export async function machineState(transport: Transport, cores: number): Promise<MachineState> {
  const clock_khz = numberIn(await transport.readText(`${cpufreq}/scaling_cur_freq`));
  const temperature_mc = numberIn(await transport.readText("sys/class/thermal/thermal_zone0/temp"));
  const load = numberIn((await transport.readText("proc/loadavg"))?.split(" ")[0]);
  return {
    cores,
    ...(clock_khz === undefined ? {} : { clock_hz: clock_khz * 1000 }),
    ...(temperature_mc === undefined ? {} : { temperature_c: temperature_mc / 1000 }),
    ...(load === undefined ? {} : { load }),
  };
}

function numberIn(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  return trimmed && Number.isFinite(Number(trimmed)) ? Number(trimmed) : undefined;
}
