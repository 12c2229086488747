import { median } from "../../src/statistics.ts";
import type { Clock } from "../clock.ts";
import { type Transport, TransportError } from "../transport.ts";

const folder = "/sys/class/power_supply/battery";
const files = ["status", "voltage_now", "current_now", "charge_counter"];

/** What a phone says of its battery at one moment. */
export interface GaugeReading {
  readonly isDischarging: boolean;
  readonly voltage_v: number;
  /** In the maker's unit and sign; undefined where the gauge has none. */
  readonly current: number | undefined;
  /** Charge left, C. */
  readonly charge_c: number | undefined;
}

/** One of the ways to ask; undefined where it tells no voltage. */
export type GaugeSource = (transport: Transport) => Promise<GaugeReading | undefined>;

/** The kernel's files first; phones that hide them may still tell through the battery service. */
export const gaugeSources: readonly GaugeSource[] = [fromFiles, fromService];

async function fromFiles(transport: Transport): Promise<GaugeReading | undefined> {
  const paths = files.map((file) => `${folder}/${file}`);
  const { stdout } = await transport.exec(["cat", ...paths], { timeout_s: 5 });
  const [status = "", voltage, current, charge] = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim());
  const voltage_uv = integer(voltage);
  if (!/^[A-Z]/.test(status) || voltage_uv === undefined) return undefined;
  return {
    isDischarging: status === "Discharging",
    voltage_v: voltage_uv / 1e6,
    current: integer(current),
    charge_c: coulombs(integer(charge)),
  };
}

/** Android's own number for discharging. */
const discharging = 3;

/**
 * `dumpsys battery`, its first section alone since makers repeat keys below, and the current of `cmd battery`, from
 * Android 16 on, or of the block that Samsung adds. Frozen states tell nothing.
 */
async function fromService(transport: Transport): Promise<GaugeReading | undefined> {
  const { stdout } = await transport.exec(["dumpsys", "battery"], { timeout_s: 5 });
  if (/UPDATES STOPPED/.test(stdout)) return undefined;
  const section = /Battery Service state:\n([\s\S]*?)(?:\n\s*\n|\n\s*\[|$)/.exec(stdout)?.[1] ?? "";
  const numberAt = (text: string, key: string): number | undefined =>
    integer(new RegExp(`^\\s*${key}: (-?\\d+)\\s*$`, "m").exec(text)?.[1]);
  const voltage_mv = numberAt(section, "voltage");
  if (voltage_mv === undefined) return undefined;
  const asked = await transport.exec(["cmd", "battery", "get", "-f", "current_now"], {
    timeout_s: 5,
  });
  return {
    isDischarging: numberAt(section, "status") === discharging,
    voltage_v: voltage_mv / 1e3,
    current: integer(asked.stdout.trim()) ?? numberAt(stdout, "current now"),
    charge_c: coulombs(numberAt(section, "Charge counter")),
  };
}

/** What drivers write for "not known". */
const unsupported = -(2 ** 31);

function integer(text: string | undefined): number | undefined {
  const value = /^-?\d+$/.test(text ?? "") ? Number(text) : unsupported;
  return value === unsupported ? undefined : value;
}

const secondsPerHour = 3600;
const coulombs = (charge_uah: number | undefined): number | undefined =>
  charge_uah ? (charge_uah / 1e6) * secondsPerHour : undefined;

/** Unit and sign of a phone's gauge: they differ between makers and cannot be asked for. */
export interface GaugeConvention {
  readonly unit: "uA" | "mA";
  /** Of the reading while the battery is discharged. */
  readonly sign: 1 | -1;
}

/**
 * From readings taken while the battery was discharged: a lit phone draws more than 50 mA and less than 10 A, so that
 * sizes below 10,000 are milliamperes. Undefined where the gauge shows nothing: 0, or one number, all the time.
 */
export function gaugeConvention(readings: readonly number[]): GaugeConvention | undefined {
  const real = readings.filter((value) => value !== 0);
  if (new Set(real).size < 2) return undefined;
  return {
    unit: median(real.map(Math.abs)) < 10_000 ? "mA" : "uA",
    sign: median([...real]) < 0 ? -1 : 1,
  };
}

/** "uA-" in the device's settings: microamperes, negative while discharging. */
export function conventionIn(setting: string | undefined): GaugeConvention | undefined {
  const [, unit, sign] = /^(uA|mA)([+-])$/.exec(setting ?? "") ?? [];
  if (unit !== "uA" && unit !== "mA") return undefined;
  return { unit, sign: sign === "-" ? -1 : 1 };
}

export const conventionText = ({ unit, sign }: GaugeConvention): string =>
  `${unit}${sign < 0 ? "-" : "+"}`;

/** A gauge that was found, and what its numbers mean. */
export interface OpenGauge {
  readonly source: GaugeSource;
  readonly convention: GaugeConvention;
  /** Whence unit and sign are known. */
  readonly origin: GaugeOrigin;
  readonly hasCharge: boolean;
}

export type GaugeOrigin =
  | { readonly kind: "set" }
  | { readonly kind: "found" }
  | { readonly kind: "kept"; readonly foundAt: string; readonly isConfirmed: boolean };

/** Unit and sign that are known before the gauge is looked at. */
export interface KnownConvention {
  readonly convention: GaugeConvention;
  readonly origin: GaugeOrigin;
}

/** Looks until a gauge moved, for so long at most: the slowest are refreshed every 1.5 s. */
const look = { every_s: 0.5, fewest: 5, most: 40 };

/** Finds the way to ask, and unit and sign once, before anything is measured: they must not change within a window. */
export async function openGauge(
  transport: Transport,
  clock: Clock,
  known: KnownConvention | undefined,
): Promise<OpenGauge | { readonly reason: string }> {
  for (const source of gaugeSources) {
    const reading = await attempt(source, transport);
    if (reading?.current === undefined) continue;
    if (!reading.isDischarging) return { reason: "the battery is not discharging" };
    const hasCharge = reading.charge_c !== undefined;
    if (known) return { source, ...known, hasCharge };
    const convention = gaugeConvention(await watch(source, transport, clock));
    if (!convention) return { reason: `the battery's gauge shows ${reading.current} all the time` };
    return { source, convention, origin: { kind: "found" }, hasCharge };
  }
  return {
    reason: "the battery's gauge tells no current, neither in its files nor by its service",
  };
}

async function watch(
  source: GaugeSource,
  transport: Transport,
  clock: Clock,
): Promise<readonly number[]> {
  const readings: number[] = [];
  for (let i = 0; i < look.most; i++) {
    const reading = await attempt(source, transport);
    if (reading?.current !== undefined && reading.isDischarging) readings.push(reading.current);
    if (readings.length >= look.fewest && gaugeConvention(readings)) break;
    await clock.sleep(look.every_s);
  }
  return readings;
}

async function attempt(source: GaugeSource, transport: Transport) {
  try {
    return await source(transport);
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return undefined;
  }
}

/** So long, s, and over so many steps of the counter, that one step more or less is a tenth. */
const shortestCheck = { time_s: 180, steps: 10 };
const agreement = { low: 0.7, high: 1.4 };

/** Holds what a gauge's current adds up to against the battery's own counter of charge. */
export class ChargeCheck {
  #first: { readonly time_s: number; readonly charge_c: number } | undefined;
  #last: { readonly time_s: number; readonly current_a: number } | undefined;
  #charge_c = Number.NaN;
  #drawn_c = 0;
  #steps = 0;
  #isConfirmed = false;

  /** Whether three minutes and ten steps of the counter agreed. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  /** False as soon as current and counter contradict each other: then unit or sign are wrong. */
  agrees(time_s: number, current_a: number, charge_c: number | undefined): boolean {
    if (charge_c === undefined) return true;
    this.#first ??= { time_s, charge_c };
    if (this.#last)
      this.#drawn_c += ((time_s - this.#last.time_s) * (current_a + this.#last.current_a)) / 2;
    this.#last = { time_s, current_a };
    if (charge_c !== this.#charge_c) this.#steps++;
    this.#charge_c = charge_c;
    const { steps } = shortestCheck;
    if (time_s - this.#first.time_s < shortestCheck.time_s || this.#steps <= steps) return true;
    const ratio = this.#drawn_c / (this.#first.charge_c - charge_c);
    this.#isConfirmed = ratio >= agreement.low && ratio <= agreement.high;
    return this.#isConfirmed;
  }
}
