import type { Availability, Meter, MeterSample, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import {
  ChargeCheck,
  conventionIn,
  conventionText,
  type GaugeOrigin,
  type KnownConvention,
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

type Around = Pick<Surroundings, "transport" | "clock" | "settings" | "gauges">;

/**
 * The phone's own battery gauge, while it runs from the battery. Its unit and sign are those set for the device, else those
 * that were found on it before, else found now and kept.
 */
export function androidBatteryMeter({ transport, clock, settings, gauges }: Around): Meter {
  let gauge: OpenGauge | undefined;
  let check = new ChargeCheck();
  let isContradicted = false;
  const keep = async ({ convention }: OpenGauge, isConfirmed: boolean): Promise<void> =>
    gauges?.keep({ gauge: conventionText(convention), foundAt: clock.timestamp(), isConfirmed });
  const find = async (): Promise<OpenGauge | { readonly reason: string }> => {
    if (gauge) return gauge;
    const found = await openGauge(transport, clock, await knownConvention({ settings, gauges }));
    if ("reason" in found) return found;
    gauge = found;
    if (found.origin.kind === "found") await keep(found, false);
    return found;
  };
  /** Holds a reading against the counter of charge, and keeps what three minutes of them say. */
  const isContradictedBy = async (
    open: OpenGauge,
    time_s: number,
    current_a: number,
    charge_c: number | undefined,
  ): Promise<boolean> => {
    const wasConfirmed = check.isConfirmed;
    const agrees = check.agrees(time_s, current_a, charge_c);
    if (open.origin.kind === "set") return !agrees;
    if (!agrees) await gauges?.forget();
    else if (check.isConfirmed && !wasConfirmed) await keep(open, true);
    return !agrees;
  };
  const read = async (): Promise<readonly MeterSample[]> => {
    if (!gauge || isContradicted) return [];
    const time_s = clock.now_s();
    const reading = await gauge.source(transport);
    if (!reading?.isDischarging || reading.current === undefined) return [];
    const { unit, sign } = gauge.convention;
    const current_a = (sign * reading.current) / (unit === "uA" ? 1e6 : 1e3);
    isContradicted = await isContradictedBy(gauge, time_s, current_a, reading.charge_c);
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
        ...(gauge
          ? [
              `Unit and sign (${conventionText(gauge.convention)}) ${originText(gauge.origin)}.`,
              gauge.hasCharge
                ? "After three minutes of readings the counter of charge confirms them, or ends them."
                : "Unit and sign are unchecked: no counter of charge can be read.",
            ]
          : []),
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

/** The user's word before what was found. */
async function knownConvention({
  settings,
  gauges,
}: Pick<Around, "settings" | "gauges">): Promise<KnownConvention | undefined> {
  const set = conventionIn(settings.gauge);
  if (set) return { convention: set, origin: { kind: "set" } };
  const kept = await gauges?.recall();
  const convention = conventionIn(kept?.gauge);
  return kept && convention ? { convention, origin: { kind: "kept", ...kept } } : undefined;
}

function originText(origin: GaugeOrigin): string {
  if (origin.kind === "set") return "as set for the device";
  if (origin.kind === "found") return "found from its readings in this session, and kept";
  const confirmed = origin.isConfirmed ? " and confirmed by its counter of charge" : "";
  return `kept for this phone since ${origin.foundAt}${confirmed}`;
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
        note: `${conventionText(found.convention)}, ${originText(found.origin)}; "settings": { "gauge": "${conventionText(found.convention)}" } overrides that`,
      };
