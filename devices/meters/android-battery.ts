import { median } from "../../src/statistics.ts";
import type { Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { asked } from "./polled.ts";
import { toolAvailability } from "./tool-availability.ts";

const folder = "/sys/class/power_supply/battery";
const read = ["sh", "-c", `cd ${folder} && cat status voltage_now current_now`];
const remedy =
  "Take the cable off (adb over Wi-Fi); phones that hide their gauge need another meter, such as one in the USB line";

/** Gauges are refreshed every 0.2 to 1.5 s; every reading is a command over adb. */
const nominalPeriod_s = 1;
const fastestReading_s = 0.25;

const rail: Rail = {
  id: "battery",
  label: "battery",
  kind: "current-voltage",
  domain: "board",
  counted: true,
  maxPower_w: 50,
  nominalPeriod_s,
};

/** Unit and sign of a phone's gauge: they differ between makers and cannot be asked for. */
export interface GaugeConvention {
  readonly unit: "uA" | "mA";
  /** Of the reading while the battery is discharged. */
  readonly sign: 1 | -1;
}

/** The phone's own battery gauge, while it runs from the battery. */
export function androidBatteryMeter({
  transport,
  clock,
  settings,
}: Pick<Surroundings, "transport" | "clock" | "settings">): Meter {
  const recent: number[] = [];
  const known = conventionIn(settings.gauge);
  return {
    id: "android-battery",
    probe: () =>
      toolAvailability(transport, read, {
        note: ({ stdout }) => {
          const reading = readGauge(stdout);
          return reading?.status === "Discharging" && reading.current !== undefined
            ? `${reading.current} (unit and sign are found out while measuring)`
            : undefined;
        },
        remedy,
      }),
    describe: async () => ({
      id: "android-battery",
      quality: "measured",
      fastestReading_s,
      needsDischarging: true,
      rails: [rail],
      caveats: [
        "The whole phone with its screen. Gauges are refreshed every 0.2 to 1.5 s; their accuracy is not known.",
        known
          ? "Unit and sign as set for the device."
          : "Unit and sign were guessed from the readings.",
      ],
    }),
    ...asked(clock, async () => {
      const time_s = clock.now_s();
      const reading = readGauge((await transport.exec(read, { timeout_s: 5 })).stdout);
      if (reading?.status !== "Discharging" || reading.current === undefined) return [];
      recent.push(reading.current);
      const convention = known ?? gaugeConvention(recent);
      if (!convention) return [];
      const current_a =
        (convention.sign * reading.current) / (convention.unit === "uA" ? 1e6 : 1e3);
      return [{ rail: rail.id, time_s, current_a, voltage_v: reading.voltage_uv / 1e6 }];
    }),
  };
}

interface GaugeReading {
  readonly status: string;
  readonly voltage_uv: number;
  /** In whatever unit; undefined where the gauge has none. */
  readonly current: number | undefined;
}

const unsupported = -(2 ** 31);

function readGauge(text: string): GaugeReading | undefined {
  const [status, voltage, current] = text
    .trim()
    .split("\n")
    .map((line) => line.trim());
  if (status === undefined || !/^\d+$/.test(voltage ?? "") || !/^-?\d+$/.test(current ?? ""))
    return undefined;
  const value = Number(current);
  return {
    status,
    voltage_uv: Number(voltage),
    current: value === unsupported ? undefined : value,
  };
}

/**
 * From readings taken while the battery was discharged: a lit phone draws more than 50 mA and less than 10 A, so that
 * sizes below 10,000 are milliamperes. Undefined where the gauge shows nothing: all readings are 0 or 2^31.
 */
export function gaugeConvention(readings: readonly number[]): GaugeConvention | undefined {
  const real = readings.filter((value) => value !== 0 && value !== unsupported);
  if (real.length === 0) return undefined;
  return {
    unit: median(real.map(Math.abs)) < 10_000 ? "mA" : "uA",
    sign: median([...real]) < 0 ? -1 : 1,
  };
}

/** "uA-" in the device's settings: microamperes, negative while discharging. */
function conventionIn(setting: string | undefined): GaugeConvention | undefined {
  const [, unit, sign] = /^(uA|mA)([+-])$/.exec(setting ?? "") ?? [];
  if (unit !== "uA" && unit !== "mA") return undefined;
  return { unit, sign: sign === "-" ? -1 : 1 };
}
