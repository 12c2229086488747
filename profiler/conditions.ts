import type { Device, MachineState } from "../devices/index.ts";
import type { QualityFlag } from "../energy-db/index.ts";

/** Flags of rows that were measured although the device was not as it should be. */
export type ConditionFlag = Extract<
  QualityFlag,
  "hot" | "charging" | "low-battery" | "asleep" | "power-mode" | "powersave"
>;

/** Something about a device that makes its numbers another device's. */
export interface Finding {
  readonly flag: ConditionFlag;
  readonly given: string;
  readonly expected: string;
  readonly remedy: string;
  /** How long to wait for it to pass by itself, s; 0 where it does not; absent where it is worth a warning and a flag alone. */
  readonly patience_s?: number;
}

export type Judged = Pick<Device, "conditions" | "capabilities">;

/** Phones lower their clocks to save the rest, most of them from 15 to 20 %. */
const lowBattery = 0.2;
/** MODERATE: the first at which Android says that the user may notice (PowerManager.THERMAL_STATUS_MODERATE). */
const throttlingStatus = 2;
/** Of a Raspberry Pi's `vcgencmd get_throttled`: clock capped, throttled, soft temperature limit, all of them now. */
const throttledNow = 0b1110;
const longestCoolDown_s = 900;
const longestSleep_s = 600;

/** What of a device's state is not as it should be; empty where nothing is amiss, or nothing can be read. */
export const findingsOf = (state: MachineState, device: Judged): readonly Finding[] =>
  rules.flatMap((rule) => rule(state, device) ?? []);

type Rule = (state: MachineState, device: Judged) => Finding | undefined;

const rules: readonly Rule[] = [
  ({ temperature_c }, { conditions: { startTemperature_c: limit_c, isSustained } }) =>
    isSustained || limit_c === undefined || temperature_c === undefined || temperature_c <= limit_c
      ? undefined
      : {
          flag: "hot",
          given: `${temperature_c.toFixed(1)} °C`,
          expected: `at most ${limit_c} °C`,
          remedy: "Let it cool down, or move it to a cooler place; --sustained measures it hot.",
          patience_s: longestCoolDown_s,
        },
  ({ thermalStatus = 0 }, { conditions: { isSustained } }) =>
    isSustained || thermalStatus < throttlingStatus
      ? undefined
      : {
          flag: "hot",
          given: `thermal status ${thermalStatus}`,
          expected: `below ${throttlingStatus}: the phone throttles`,
          remedy: "Let it cool down, out of its case; --sustained measures it hot.",
          patience_s: longestCoolDown_s,
        },
  ({ throttled = "0x0" }, { conditions: { isSustained } }) =>
    isSustained || (Number(throttled) & throttledNow) === 0
      ? undefined
      : {
          flag: "hot",
          given: `the firmware throttles (${throttled})`,
          expected: "a clock that nothing holds back",
          remedy: "Let it cool down, and give it a supply of enough power.",
          patience_s: longestCoolDown_s,
        },
  ({ battery }, { capabilities: { meter } }) =>
    meter.needsDischarging && battery && battery.status !== "discharging"
      ? {
          flag: "charging",
          given: `the battery is ${battery.status === "idle" ? "on a charger" : battery.status}`,
          expected: `discharging, for meter ${meter.id}`,
          remedy: "Take the charger off (adb works over Wi-Fi), or give --meter none.",
          patience_s: 0,
        }
      : undefined,
  ({ battery }) =>
    battery?.status === "discharging" && battery.level !== undefined && battery.level < lowBattery
      ? {
          flag: "low-battery",
          given: `battery at ${Math.round(100 * battery.level)} %`,
          expected: `at least ${100 * lowBattery} %: below it devices save power`,
          remedy: "Charge it first.",
          patience_s: 0,
        }
      : undefined,
  ({ isAwake }) =>
    isAwake === false
      ? {
          flag: "asleep",
          given: "the screen is dark, or the page is hidden",
          expected: "screen on, page in front",
          remedy: "Wake the device and keep it awake; over adb: adb shell svc power stayon true.",
          patience_s: longestSleep_s,
        }
      : undefined,
  ({ powerMode }, { conditions: { powerMode: first } }) =>
    powerMode === undefined || first === "unknown" || powerMode === first
      ? undefined
      : {
          flag: "power-mode",
          given: `power mode ${powerMode}`,
          expected: `${first}, as at the start of this session`,
          remedy: "Set it back, or run again: another power mode is a platform of its own.",
          patience_s: 0,
        },
  ({ savesPower, powerMode = "unknown" }) =>
    savesPower
      ? {
          flag: "powersave",
          given: `clocks are held down to save power (${powerMode})`,
          expected: "a governor that lets them rise, or a fixed clock",
          remedy:
            "sudo cpupower frequency-set -g performance; on a phone turn off the battery saver.",
        }
      : undefined,
];

/** Flags of a row by the states before and after it: heat counts before alone, since measuring heats. */
export function conditionFlags(
  states: readonly MachineState[],
  device: Judged,
): readonly ConditionFlag[] {
  const before = states.slice(0, 1).flatMap((state) => findingsOf(state, device));
  const after = states.slice(-1).flatMap((state) => findingsOf(state, device));
  const found = [...before, ...after.filter(({ flag }) => flag !== "hot")];
  return [...new Set(found.map(({ flag }) => flag))];
}

export const findingText = ({ given, expected }: Finding): string =>
  `${given}; expected ${expected}`;
