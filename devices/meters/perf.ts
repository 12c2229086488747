import type { Clock } from "../clock.ts";
import type { Meter, MeterSample, Rail, RailDomain } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { streamed } from "./streamed.ts";
import { toolAvailability } from "./tool-availability.ts";

const events = "sys/bus/event_source/devices/power/events";
const counted: Readonly<Record<string, RailDomain>> = { pkg: "package", ram: "dram" };
const maxPower_w = 4000;
/** perf's own shortest interval is 10 ms. */
const fastestReading_s = 0.02;

/** The processor's energy events through `perf stat`, where powercap cannot be read but perf may. */
export function perfMeter({ files, transport, clock }: Surroundings): Meter {
  const rails = (): readonly Rail[] =>
    files.list(events).flatMap((file) => {
      const name = /^energy-(pkg|ram)$/.exec(file)?.[1];
      return name === undefined ? [] : [railOf(name)];
    });
  const argv = (...more: readonly string[]): readonly string[] => [
    ...["env", "LC_ALL=C", "perf", "stat", "-a", "-x", ",", "-e"],
    rails()
      .map(({ id }) => `power/energy-${id}/`)
      .join(","),
    ...more,
  ];
  return {
    id: "perf",
    probe: async () =>
      rails().length === 0
        ? {
            ok: false,
            reason: `no energy events in /${events} (virtual machine, or not an x86 processor)`,
            remedy: "On bare metal: sudo modprobe rapl",
          }
        : toolAvailability(transport, argv("--", "sleep", "0.05"), {
            note: ({ stderr }) =>
              stderr.split("\n").some((line) => readLine(line) !== undefined)
                ? `total = ${rails()
                    .map(({ label }) => label)
                    .join(" + ")}`
                : undefined,
            remedy:
              "sudo sysctl kernel.perf_event_paranoid=0 (until the next boot), or run as root",
          }),
    describe: async () => ({
      id: "perf",
      quality: "measured",
      fastestReading_s,
      rails: rails(),
      caveats: ["Processor packages (and memory where listed) only, of all sockets together."],
    }),
    ...streamed({
      // perf prints on its standard error.
      program: (period_s) =>
        transport.stream([
          ...["sh", "-c", 'exec "$@" 2>&1', "sh"],
          ...argv("-I", `${Math.round(1e3 * Math.max(period_s, fastestReading_s))}`),
        ]),
      reader: () => countedUp(clock),
    }),
  };
}

const railOf = (name: string): Rail => ({
  id: name,
  label: `energy-${name}`,
  kind: "energy-counter",
  domain: counted[name] ?? "other",
  counted: true,
  maxPower_w,
});

/** Energies of intervals, on perf's clock from its start, as counters on ours. */
function countedUp(clock: Clock): (line: string) => readonly MeterSample[] {
  const sums = new Map<string, number>();
  let start_s: number | undefined;
  return (line) => {
    const read = readLine(line);
    if (!read) return [];
    const { time_s = 0, rail, energy_j } = read;
    start_s ??= clock.now_s() - time_s;
    const sum = (sums.get(rail) ?? 0) + energy_j;
    sums.set(rail, sum);
    return [{ rail, time_s: start_s + time_s, energy_j: sum }];
  };
}

/** `0.100123,3.51,Joules,power/energy-pkg/,...`; without the time where perf prints no intervals. */
function readLine(line: string) {
  const [, time, energy, rail = ""] =
    /^\s*(?:([\d.]+),)?([\d.]+),Joules,power\/energy-(\w+)\//.exec(line) ?? [];
  if (energy === undefined) return undefined;
  return {
    ...(time === undefined ? {} : { time_s: Number(time) }),
    rail,
    energy_j: Number(energy),
  };
}
