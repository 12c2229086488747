import type { Files } from "./files.ts";
import { batteryState, machineState, numberIn, present } from "./machine-state.ts";
import type { BatteryState, MachineState } from "./raw.ts";
import type { Transport } from "./transport.ts";

const mark = "==wattsplit ";
const files = [
  "/sys/class/thermal/thermal_zone*/type",
  "/sys/class/thermal/thermal_zone*/temp",
  "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq",
  "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor",
  "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_driver",
  "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/energy_performance_preference",
  "/proc/loadavg",
  "/proc/stat",
];
const services = ["battery", "thermalservice", "power"];
/** One command for all: what the shell may not read is left out. */
const script = [
  `for f in ${files.join(" ")}; do [ -r "$f" ] && echo "${mark}$f" && head -n 1 "$f"; done`,
  ...services.map((name) => `echo "${mark}${name}"; dumpsys ${name}`),
  `echo "${mark}saver"; settings get global low_power`,
  `echo "${mark}brightness"; settings get system screen_brightness`,
  `echo "${mark}airplane"; settings get global airplane_mode_on`,
  `echo "${mark}throttled"; vcgencmd get_throttled`,
].join("; ");

/** Of a phone, what its shell may read: files as on any Linux, and what Android's services say. */
export async function androidState(transport: Transport): Promise<MachineState> {
  return readAndroidState(
    (await transport.exec(["sh", "-c", `{ ${script}; } 2>/dev/null`])).stdout,
  );
}

/** The same from what the shell printed. */
export function readAndroidState(printed: string): MachineState {
  const parts = new Map(
    printed
      .split(mark)
      .slice(1)
      .map((part) => {
        const end = part.indexOf("\n");
        return [part.slice(0, end).trim(), part.slice(end + 1)] as const;
      }),
  );
  const { powerMode, ...linux } = machineState(filesIn(parts));
  const battery = batteryFields(parts.get("battery") ?? "");
  const thermal = parts.get("thermalservice") ?? "";
  const isSaving = parts.get("saver")?.trim() === "1";
  const airplane = numberIn(parts.get("airplane"));
  const wakefulness = /mWakefulness=(\w+)/.exec(parts.get("power") ?? "")?.[1];
  return present({
    ...linux,
    // The skin's is what phones throttle by; a battery's follows it.
    temperature_c: skinTemperature(thermal) ?? battery.temperature_c ?? linux.temperature_c,
    powerMode:
      [powerMode, isSaving ? "battery saver" : undefined].filter(Boolean).join(", ") || undefined,
    savesPower: isSaving || linux.savesPower,
    battery: battery.state,
    isAwake: wakefulness === undefined ? undefined : wakefulness === "Awake",
    thermalStatus: numberIn(/^Thermal Status: (\d)$/m.exec(thermal)?.[1]),
    brightness: numberIn(parts.get("brightness")),
    isInAirplaneMode: airplane === undefined ? undefined : airplane === 1,
    throttled: /^throttled=(0x[\da-f]+)$/im.exec(parts.get("throttled") ?? "")?.[1],
  });
}

/** What was printed, as the files it came from. */
const filesIn = (parts: ReadonlyMap<string, string>): Files => ({
  readText: (path) => parts.get(`/${path}`),
  list: (folder) => [
    ...new Set(
      [...parts.keys()]
        .filter((path) => path.startsWith(`/${folder}/`))
        .map((path) => path.slice(folder.length + 2).split("/")[0] ?? ""),
    ),
  ],
  whyUnreadable: (path) => (parts.has(`/${path}`) ? undefined : "ENOENT"),
  whyUnlistable: (folder) =>
    [...parts.keys()].some((path) => path.startsWith(`/${folder}/`)) ? undefined : "ENOENT",
});

/** BatteryManager's numbers for what a battery does. */
const statuses: Readonly<Record<string, BatteryState["status"]>> = {
  2: "charging",
  3: "discharging",
  4: "idle",
  5: "full",
};

/** Of `dumpsys battery`: makers add blocks of their own, in which keys come again; the first counts, after the service's title. */
function batteryFields(text: string): {
  readonly state: BatteryState | undefined;
  readonly temperature_c: number | undefined;
} {
  const service = text.slice(Math.max(0, text.indexOf("Current Battery Service state")));
  const field = (name: string): number | undefined =>
    numberIn(new RegExp(`^\\s*${name}: (-?\\d+)\\s*$`, "m").exec(service)?.[1]);
  const status = statuses[`${field("status")}`];
  const temperature_dc = field("temperature");
  return {
    state: status && batteryState(status, field("level"), field("scale")),
    temperature_c: temperature_dc === undefined ? undefined : temperature_dc / 10,
  };
}

/** Type 3 of android.hardware.thermal: the skin; of several sensors the hottest. */
function skinTemperature(text: string): number | undefined {
  const now = text.slice(Math.max(0, text.indexOf("Current temperatures from HAL")));
  const found = [...now.matchAll(/Temperature\{mValue=([\d.]+), mType=3,/g)].flatMap(
    ([, value]) => numberIn(value) ?? [],
  );
  return found.length > 0 ? Math.max(...found) : undefined;
}
