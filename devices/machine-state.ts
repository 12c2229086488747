import { batteriesIn, batteryStatus } from "./batteries.ts";
import type { Files } from "./files.ts";
import type { BatteryState, MachineState } from "./raw.ts";

const cpus = "sys/devices/system/cpu";
const zones = "sys/class/thermal";
const sensors = "sys/class/hwmon";

/** Of Linux, whatever can be read. A phone's shell shows the same files. */
export function machineState(files: Files): MachineState {
  const clocks_khz = ofEveryCpu(files, "cpufreq/scaling_cur_freq").flatMap(
    (text) => numberIn(text) ?? [],
  );
  const found = {
    temperature_c: hottest(files),
    // The fastest core: the others may rest, or be small ones.
    clock_hz: clocks_khz.length > 0 ? 1e3 * Math.max(...clocks_khz) : undefined,
    load: numberIn(files.readText("proc/loadavg")?.split(" ")[0]),
    busy_s: busyTime(files.readText("proc/stat")),
    powerMode: powerModeOf(files),
    savesPower: savesPower(files),
    battery: batteryOf(files),
  };
  return present(found);
}

/** The governor; where clusters of cores have different ones, all of them. Undefined where there is none to read. */
export function powerModeOf(files: Files): string | undefined {
  const governors = ofEveryCpu(files, "cpufreq/scaling_governor").map((text) => text.trim());
  return governors.length > 0 ? [...new Set(governors)].join("+") : undefined;
}

/** Drivers whose governor "powersave" is the one that raises clocks with the load; their preference says whether they save. */
const scalingThemselves = /^(intel_pstate|amd-pstate-epp)$/;

/** Whether any cluster of cores is held to low clocks; undefined where no governor can be read. */
function savesPower(files: Files): boolean | undefined {
  const found = cpusIn(files).flatMap((cpu) => {
    const text = (name: string) => files.readText(`${cpu}/cpufreq/${name}`)?.trim();
    const governor = text("scaling_governor");
    if (governor === undefined) return [];
    return scalingThemselves.test(text("scaling_driver") ?? "")
      ? text("energy_performance_preference") === "power"
      : governor === "powersave";
  });
  return found.length > 0 ? found.includes(true) : undefined;
}

/** Leaves out what is undefined. */
export const present = (
  state: {
    readonly [K in keyof MachineState]?: MachineState[K] | undefined;
  },
): MachineState =>
  Object.fromEntries(
    Object.entries(state).filter(([, value]) => value !== undefined),
  ) as MachineState;

const cpusIn = (files: Files): readonly string[] =>
  files
    .list(cpus)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${cpus}/${name}`);

const ofEveryCpu = (files: Files, path: string): readonly string[] =>
  cpusIn(files).flatMap((cpu) => files.readText(`${cpu}/${path}`) ?? []);

/** Names of thermal zones and sensors that are about the processor; boards have others for batteries, radios, drives. */
const processorZone = /cpu|pkg|package|soc|core|cluster|tsens/i;
const processorSensor = /^(coretemp|k10temp|zenpower|cpu_thermal|soc_thermal)$/;

/** The hottest sensor of the processor, degrees Celsius; the first zone of all where none is named after it. */
function hottest(files: Files): number | undefined {
  const inZones = files
    .list(zones)
    .filter((name) => /^thermal_zone\d+$/.test(name))
    .map((name) => ({
      type: files.readText(`${zones}/${name}/type`) ?? "",
      temperature_c: temperatureIn(files.readText(`${zones}/${name}/temp`)),
    }));
  const inSensors = files
    .list(sensors)
    .filter((name) => processorSensor.test(files.readText(`${sensors}/${name}/name`)?.trim() ?? ""))
    .map((name) => temperatureIn(files.readText(`${sensors}/${name}/temp1_input`)));
  const ofProcessor = [
    ...inZones
      .filter(({ type }) => processorZone.test(type))
      .map(({ temperature_c }) => temperature_c),
    ...inSensors,
  ].filter((temperature_c) => temperature_c !== undefined);
  return ofProcessor.length > 0 ? Math.max(...ofProcessor) : inZones[0]?.temperature_c;
}

/** From thousandths of a degree. Sensors that are off say 0 or less, and broken ones anything. */
function temperatureIn(text: string | undefined): number | undefined {
  const temperature_mc = numberIn(text);
  return temperature_mc !== undefined && temperature_mc > 0 && temperature_mc < 150_000
    ? temperature_mc / 1e3
    : undefined;
}

/** Of /proc/stat's columns, as proc(5) lists them: all but idle and iowait; guests are part of user. */
const busyColumns = [0, 1, 2, 5, 6, 7];
const ticks_hz = 100;

function busyTime(stat: string | undefined): number | undefined {
  const ticks = /^cpu +([\d ]+)$/m
    .exec(stat ?? "")?.[1]
    ?.split(" ")
    .map(Number);
  return ticks && busyColumns.reduce((sum, column) => sum + (ticks[column] ?? 0), 0) / ticks_hz;
}

/** The kernel's words for what a battery does (Documentation/ABI/testing/sysfs-class-power). */
const statuses: Readonly<Record<string, BatteryState["status"]>> = {
  Charging: "charging",
  Discharging: "discharging",
  "Not charging": "idle",
  Full: "full",
};

function batteryOf(files: Files): BatteryState | undefined {
  const folders = batteriesIn(files);
  const found = folders.flatMap((folder) => statuses[batteryStatus(files, folder) ?? ""] ?? []);
  // Of several batteries one is used at a time, and the others rest.
  const status = (["charging", "discharging"] as const).find((one) => found.includes(one));
  const levels = folders.flatMap((folder) => numberIn(files.readText(`${folder}/capacity`)) ?? []);
  const level = levels.length > 0 ? levels.reduce((sum, one) => sum + one, 0) : undefined;
  const told = status ?? found[0];
  return told && batteryState(told, level, 100 * levels.length);
}

/** A level that makes no sense is left out. */
export const batteryState = (
  status: BatteryState["status"],
  level: number | undefined,
  full: number | undefined,
): BatteryState => {
  const share = level === undefined || !full ? Number.NaN : level / full;
  return share >= 0 && share <= 1 ? { status, level: share } : { status };
};

export function numberIn(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  return trimmed && Number.isFinite(Number(trimmed)) ? Number(trimmed) : undefined;
}
