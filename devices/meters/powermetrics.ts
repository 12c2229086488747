import type { Clock } from "../clock.ts";
import type { Meter, MeterSample, Rail, RailDomain } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { streamed } from "./streamed.ts";
import { toolAvailability } from "./tool-availability.ts";

const command = [
  "sudo",
  "-n",
  "powermetrics",
  "--samplers",
  "cpu_power,gpu_power,ane_power",
  "--format",
  "plist",
];
/** Energies of a sample, mJ; which of them exist depends on the version of macOS. */
const keys: Readonly<Record<string, RailDomain>> = {
  package_energy: "package",
  cpu_energy: "cpu",
  gpu_energy: "gpu",
  ane_energy: "other",
  dram_energy: "dram",
};
const maxPower_w = 500;
/** Its samples are sums over at least this long, s: shorter ones are mostly its own work. */
const fastestReading_s = 0.1;

/** macOS's own model of what processor, graphics and neural engine take; it needs root. */
export function powermetricsMeter({
  transport,
  clock,
}: Pick<Surroundings, "transport" | "clock">): Meter {
  const once = [...command, "-n", "1", "-i", "100"];
  const rails = async () => railsOf((await transport.exec(once)).stdout);
  return {
    id: "powermetrics",
    probe: () =>
      toolAvailability(transport, once, {
        note: ({ stdout }) =>
          railsOf(stdout)
            .filter(({ counted }) => counted)
            .map(({ label }) => label)
            .join(" + ") || undefined,
        remedy: "On a Mac: sudo -v first, or run as root; virtual machines have no energies",
      }),
    describe: async () => ({
      id: "powermetrics",
      quality: "derived",
      fastestReading_s,
      rails: await rails(),
      caveats: ["Apple's model, not a shunt: compare on one machine only."],
    }),
    ...streamed({
      program: (period_s) =>
        transport.stream([
          ...command,
          "-i",
          `${Math.round(1e3 * Math.max(period_s, fastestReading_s))}`,
        ]),
      separator: "\0",
      reader: () => countedUp(clock),
    }),
  };
}

/** The package holds the others, except the memory; where there is none the parts are summed. */
function railsOf(plist: string): readonly Rail[] {
  const found = Object.keys(keys).filter((key) => integerOf(plist, key) !== undefined);
  const inPackage = ["cpu_energy", "gpu_energy", "ane_energy"].filter((key) => found.includes(key));
  const hasPackage = found.includes("package_energy");
  return found.map((key) => ({
    id: key,
    label: key.replace("_energy", ""),
    kind: "energy-counter",
    domain: keys[key] ?? "other",
    counted: !(hasPackage && inPackage.includes(key)),
    ...(key === "package_energy" ? { includes: inPackage } : {}),
    maxPower_w,
  }));
}

/** Sums up the energies of samples over their own length, which is not the one asked for. */
function countedUp(clock: Clock): (plist: string) => readonly MeterSample[] {
  const sums = new Map<string, number>();
  let time_s: number | undefined;
  return (plist) => {
    const elapsed_ns = integerOf(plist, "elapsed_ns");
    if (elapsed_ns === undefined) return [];
    time_s = time_s === undefined ? clock.now_s() : time_s + elapsed_ns / 1e9;
    const at_s = time_s;
    return Object.keys(keys).flatMap((rail) => {
      const energy_mj = integerOf(plist, rail);
      if (energy_mj === undefined) return [];
      const sum = (sums.get(rail) ?? 0) + energy_mj / 1e3;
      sums.set(rail, sum);
      return [{ rail, time_s: at_s, energy_j: sum }];
    });
  };
}

function integerOf(plist: string, key: string): number | undefined {
  const value = new RegExp(`<key>${key}</key>\\s*<(?:integer|real)>(\\d+(?:\\.\\d+)?)<`).exec(
    plist,
  )?.[1];
  return value === undefined ? undefined : Number(value);
}
