import { batteriesIn, batteryStatus, suppliesFolder } from "../batteries.ts";
import type { Clock } from "../clock.ts";
import { type Files, whyNothingIn } from "../files.ts";
import type { Availability, Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { Discharge, drainPower } from "./battery-drain.ts";
import { type FileRail, fileMeter } from "./file-rails.ts";
import { ticks } from "./ticking.ts";

const maxPower_w = 300;
/** The fastest gauges; slow ones take 30 s. */
const nominalPeriod_s = 1;
/** Drivers ask the gauge over a slow bus. */
const fastestReading_s = 0.25;

/**
 * The gauges of the batteries that a laptop or board runs on, in sum. What is left in them is counted where that counter
 * ticks, and their power beside it is held against it; else power, or current and voltage, are read.
 */
export function batteryMeter({ files, clock }: Pick<Surroundings, "files" | "clock">): Meter {
  const folders = batteriesIn(files);
  const discharge = new Discharge(files, folders);
  let counts = false;
  const meter = fileMeter(clock, () => ({
    id: "battery",
    quality: "measured",
    caveats: ["The whole machine with its screen; gauges are updated every 1 to 30 s."],
    rails: railsOf(files, folders, discharge, counts),
    needsDischarging: true as const,
    fastestReading_s,
    refusal: refusalOf(files, folders, counts),
  }));
  return {
    ...meter,
    probe: async () => {
      counts = await isCounting(files, folders, discharge, clock);
      meter.forget();
      return meter.probe();
    },
  };
}

/** Whether the counters of all batteries together tick; looked at only where they discharge. */
const isCounting = async (
  files: Files,
  folders: readonly string[],
  discharge: Discharge,
  clock: Clock,
): Promise<boolean> =>
  whyNotDischarging(files, folders) === undefined &&
  (await ticks(clock, fastestReading_s, async () => discharge.left()));

function railsOf(
  files: Files,
  folders: readonly string[],
  discharge: Discharge,
  counts: boolean,
): readonly FileRail[] {
  if (folders.length === 0) return [];
  const label = folders.map((folder) => folder.split("/").at(-1)).join(" + ");
  const shared = { label, domain: "board", maxPower_w } as const;
  const power: Rail = { ...shared, id: "battery", kind: "power", counted: true, nominalPeriod_s };
  const readPower = () => {
    const power_w = drainPower(files, folders);
    return power_w === undefined ? undefined : { power_w };
  };
  if (!counts) return [{ rail: power, read: readPower }];
  const counter: Rail = { ...shared, id: "battery", kind: "energy-counter", counted: true };
  return [
    {
      rail: counter,
      read: () => {
        const energy_j = discharge.advance();
        return energy_j === undefined ? undefined : { energy_j };
      },
    },
    ...(readPower() === undefined
      ? []
      : [
          {
            rail: { ...power, id: "battery power", counted: false, checks: counter.id },
            read: readPower,
          },
        ]),
  ];
}

type Refusal = Extract<Availability, { ok: false }>;

function refusalOf(files: Files, folders: readonly string[], counts: boolean): Refusal | undefined {
  if (folders.length === 0)
    return {
      ok: false,
      reason: whyNothingIn(files, suppliesFolder, `no battery in /${suppliesFolder}`),
      remedy: "Machines without one need another meter",
    };
  const status = whyNotDischarging(files, folders);
  if (status !== undefined)
    return {
      ok: false,
      reason: `the battery is not discharging (${status}): the machine runs from its charger`,
      remedy: "Take the charger off and run again",
    };
  if (counts || drainPower(files, folders) !== undefined) return undefined;
  return {
    ok: false,
    reason:
      "the battery's gauge tells neither power nor current and voltage, and no counter of what is left in it moved",
    remedy: "Use an external meter",
  };
}

/** What the batteries do where none is discharged, or one is charged. */
function whyNotDischarging(files: Files, folders: readonly string[]): string | undefined {
  const statuses = folders.map((folder) => batteryStatus(files, folder) ?? "status unknown");
  if (statuses.includes("Charging")) return "Charging";
  return statuses.includes("Discharging") ? undefined : [...new Set(statuses)].join(", ");
}
