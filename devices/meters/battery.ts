import { type Files, whyNothingIn } from "../files.ts";
import type { Availability, Meter } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { type FileRail, fileMeter } from "./file-rails.ts";
import { readNumber } from "./read-number.ts";

const supplies = "sys/class/power_supply";
const maxPower_w = 300;
/** The fastest gauges; slow ones take 30 s. */
const nominalPeriod_s = 1;
/** Drivers ask the gauge over a slow bus. */
const fastestReading_s = 0.25;

/** The battery's own gauge of a laptop or board that runs on it. */
export const batteryMeter = ({ files, clock }: Pick<Surroundings, "files" | "clock">): Meter =>
  fileMeter(clock, () => {
    const folder = files
      .list(supplies)
      .map((name) => `${supplies}/${name}`)
      .find((path) => files.readText(`${path}/type`)?.trim() === "Battery");
    return {
      id: "battery",
      quality: "measured",
      caveats: ["The whole machine with its screen; gauges are updated every 1 to 30 s."],
      rails: folder === undefined ? [] : [batteryRail(files, folder)],
      needsDischarging: true as const,
      fastestReading_s,
      refusal: refusalOf(files, folder),
    };
  });

function refusalOf(files: Files, folder: string | undefined) {
  if (folder === undefined)
    return {
      ok: false as const,
      reason: whyNothingIn(files, supplies, `no battery in /${supplies}`),
      remedy: "Machines without one need another meter",
    };
  const status = statusOf(files, folder);
  if (status !== "Discharging") return charging(status);
  if (powerOf(files, folder) !== undefined) return undefined;
  return {
    ok: false as const,
    reason: "the battery's gauge tells neither power nor current and voltage",
    remedy: "Use an external meter",
  };
}

const charging = (status: string | undefined): Extract<Availability, { ok: false }> => ({
  ok: false,
  reason: `the battery is not discharging (${status ?? "status unknown"}): the machine runs from its charger`,
  remedy: "Take the charger off and run again",
});

const statusOf = (files: Files, folder: string): string | undefined =>
  files.readText(`${folder}/status`)?.trim();

/**
 * Drivers disagree on the sign of a discharge, so the status decides and the size counts. Nothing is told while it is
 * not discharging.
 */
function powerOf(files: Files, folder: string): number | undefined {
  if (statusOf(files, folder) !== "Discharging") return undefined;
  const power_uw = readNumber(files, `${folder}/power_now`);
  if (power_uw) return Math.abs(power_uw) / 1e6;
  const current_ua = readNumber(files, `${folder}/current_now`);
  const voltage_uv = readNumber(files, `${folder}/voltage_now`);
  return current_ua && voltage_uv ? Math.abs(current_ua / 1e6) * (voltage_uv / 1e6) : undefined;
}

const batteryRail = (files: Files, folder: string): FileRail => ({
  rail: {
    id: "battery",
    label: folder.split("/").at(-1) ?? "battery",
    kind: "power",
    domain: "board",
    counted: true,
    maxPower_w,
    nominalPeriod_s,
  },
  read: () => {
    const power_w = powerOf(files, folder);
    return power_w === undefined ? undefined : { power_w };
  },
});
