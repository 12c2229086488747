import type { Availability, Meter, MeterSample, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import {
  ChargeCheck,
  conventionIn,
  conventionText,
  type OpenGauge,
  openGauge,
} from "./battery-gauge.ts";
import { asked } from "./polled.ts";

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

/** The phone's own battery gauge, while it runs from the battery. */
export function androidBatteryMeter({
  transport,
  clock,
  settings,
}: Pick<Surroundings, "transport" | "clock" | "settings">): Meter {
  const known = conventionIn(settings.gauge);
  let gauge: OpenGauge | undefined;
  let check = new ChargeCheck();
  let isContradicted = false;
  const find = async (): Promise<OpenGauge | { readonly reason: string }> => {
    if (gauge) return gauge;
    const found = await openGauge(transport, clock, known);
    if (!("reason" in found)) gauge = found;
    return found;
  };
  const read = async (): Promise<readonly MeterSample[]> => {
    if (!gauge || isContradicted) return [];
    const time_s = clock.now_s();
    const reading = await gauge.source(transport);
    if (!reading?.isDischarging || reading.current === undefined) return [];
    const { unit, sign } = gauge.convention;
    const current_a = (sign * reading.current) / (unit === "uA" ? 1e6 : 1e3);
    isContradicted = !check.agrees(time_s, current_a, reading.charge_c);
    return isContradicted
      ? []
      : [{ rail: rail.id, time_s, current_a, voltage_v: reading.voltage_v }];
  };
  const stream = asked(clock, read);
  return {
    id: "android-battery",
    probe: async () => availability(await find()),
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
          : "Unit and sign were found from its readings.",
        gauge?.hasCharge
          ? "After three minutes of readings the counter of charge confirms them, or ends them."
          : "Unit and sign are unchecked: no counter of charge can be read.",
      ],
    }),
    start: async (options) => {
      await find();
      check = new ChargeCheck();
      return stream.start(options);
    },
    samples: stream.samples,
    stop: stream.stop,
  };
}

const availability = (found: OpenGauge | { readonly reason: string }): Availability =>
  "reason" in found
    ? {
        ok: false,
        reason: found.reason,
        remedy:
          "Take the cable off (adb over Wi-Fi); phones that hide their gauge need another meter, such as one in the USB line",
      }
    : {
        ok: true,
        note: `${conventionText(found.convention)}; "settings": { "gauge": "${conventionText(found.convention)}" } keeps that`,
      };
