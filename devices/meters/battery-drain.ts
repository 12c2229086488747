import { batteryStatus } from "../batteries.ts";
import type { Files } from "../files.ts";
import { readNumber } from "./read-number.ts";

/**
 * Power drawn from batteries in sum, W. Drivers disagree on the sign of a discharge, so the status decides and the size
 * counts; of several batteries those that rest give nothing. Undefined as soon as one is charged, none is discharged, or
 * one that is tells nothing.
 */
export function drainPower(files: Files, folders: readonly string[]): number | undefined {
  if (!isDraining(files, folders)) return undefined;
  const powers_w = folders
    .filter((folder) => batteryStatus(files, folder) === "Discharging")
    .map((folder) => powerOf(files, folder));
  return powers_w.some((power_w) => power_w === undefined) ? undefined : sum(powers_w);
}

const isDraining = (files: Files, folders: readonly string[]): boolean => {
  const statuses = folders.map((folder) => batteryStatus(files, folder));
  return statuses.includes("Discharging") && !statuses.includes("Charging");
};

function powerOf(files: Files, folder: string): number | undefined {
  const power_uw = readNumber(files, `${folder}/power_now`);
  if (power_uw) return Math.abs(power_uw) / 1e6;
  const current_ua = readNumber(files, `${folder}/current_now`);
  const voltage_v = voltageOf(files, folder);
  return current_ua && voltage_v ? Math.abs(current_ua / 1e6) * voltage_v : undefined;
}

const sum = (values: readonly (number | undefined)[]): number =>
  values.reduce((total: number, value) => total + (value ?? 0), 0);

const secondsPerHour = 3600;

/** What is left in a battery: joules, or coulombs at a voltage. */
type Left =
  | { readonly energy_j: number }
  | { readonly charge_c: number; readonly voltage_v: number };

function leftIn(files: Files, folder: string): Left | undefined {
  const energy_uwh = readNumber(files, `${folder}/energy_now`);
  if (energy_uwh !== undefined) return { energy_j: (energy_uwh / 1e6) * secondsPerHour };
  const charge_uah =
    readNumber(files, `${folder}/charge_now`) ?? readNumber(files, `${folder}/charge_counter`);
  const voltage_v = voltageOf(files, folder);
  return charge_uah === undefined || !voltage_v
    ? undefined
    : { charge_c: (charge_uah / 1e6) * secondsPerHour, voltage_v };
}

const voltageOf = (files: Files, folder: string): number | undefined => {
  const voltage_uv = readNumber(files, `${folder}/voltage_now`);
  return voltage_uv ? voltage_uv / 1e6 : undefined;
};

/** Counts what batteries gave together: what their counters fell by, charge at the mean of both voltages. */
export class Discharge {
  readonly #files: Files;
  readonly #folders: readonly string[];
  readonly #last = new Map<string, Left>();
  #drawn_j = 0;

  constructor(files: Files, folders: readonly string[]) {
    this.#files = files;
    this.#folders = folders;
  }

  /** Of all batteries, what their counters show, in whatever unit; undefined where one has none. */
  left(): number | undefined {
    const all = this.#folders.map((folder) => leftIn(this.#files, folder));
    if (all.length === 0 || all.some((left) => left === undefined)) return undefined;
    return sum(all.map((left) => (left && "energy_j" in left ? left.energy_j : left?.charge_c)));
  }

  /** Drawn since the first call, J; undefined while the batteries are not discharged or one cannot be read. */
  advance(): number | undefined {
    if (!isDraining(this.#files, this.#folders)) return undefined;
    const now = this.#folders.map((folder) => leftIn(this.#files, folder));
    if (now.some((left) => left === undefined)) return undefined;
    for (const [i, left] of now.entries()) {
      const folder = this.#folders[i] ?? "";
      const before = this.#last.get(folder);
      if (left && before) this.#drawn_j += fall(before, left);
      if (left) this.#last.set(folder, left);
    }
    return this.#drawn_j;
  }
}

function fall(before: Left, now: Left): number {
  if ("energy_j" in before && "energy_j" in now) return before.energy_j - now.energy_j;
  if ("charge_c" in before && "charge_c" in now)
    return ((before.charge_c - now.charge_c) * (before.voltage_v + now.voltage_v)) / 2;
  return 0;
}
