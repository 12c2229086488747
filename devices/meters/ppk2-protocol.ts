/**
 * The language of Nordic's Power Profiler Kit II over its serial port, as Nordic's own program speaks it
 * (pc-nrfconnect-ppk, src/constants.ts and src/device/serialDevice.ts).
 */
export const command = {
  startAveraging: [0x06],
  stopAveraging: [0x07],
  /** Whether the device under test has its supply. */
  supply: (isOn: boolean) => [0x0c, isOn ? 1 : 0],
  /** Of its source, 0.8 to 5 V. */
  voltage: (voltage_v: number) => {
    const millivolts = Math.round(1e3 * voltage_v);
    return [0x0d, millivolts >> 8, millivolts & 0xff];
  },
  /** "ampere": another supply feeds the device through it; "source": it feeds the device itself. */
  mode: (mode: "ampere" | "source") => [0x11, mode === "source" ? 2 : 1],
  metadata: [0x19],
} as const;

/** A sample every 10 µs. */
export const samplePeriod_s = 1e-5;
const ranges = 5;
/** Vref / (2^14 x 4 x 2.5). */
const voltsPerStep = 1.8 / 163840;

/** What a kit was calibrated to, one number for each range of current. */
export type Calibration = Readonly<Record<(typeof modifiers)[number], readonly number[]>>;

const modifiers = ["r", "gs", "gi", "o", "s", "i", "ug"] as const;

/** Of a kit that was never calibrated. */
const uncalibrated: Calibration = {
  r: [1031.64, 101.65, 10.15, 0.94, 0.043],
  gs: [1, 1, 1, 1, 1],
  gi: [1, 1, 1, 1, 1],
  o: [0, 0, 0, 0, 0],
  s: [0, 0, 0, 0, 0],
  i: [0, 0, 0, 0, 0],
  ug: [1, 1, 1, 1, 1],
};

/** From lines such as "R0: 1031.6402", up to END; a number that is missing, 0 or none is that of a kit without calibration. */
export function readCalibration(text: string): Calibration {
  const found = new Map(
    [...text.matchAll(/^\s*([A-Za-z]+\d):\s*(\S+)\s*$/gm)].map(([, name = "", value]) => [
      name.toLowerCase(),
      Number(value),
    ]),
  );
  const read = (name: keyof Calibration): readonly number[] =>
    uncalibrated[name].map((usual, range) => found.get(`${name}${range}`) || usual);
  return {
    r: read("r"),
    gs: read("gs"),
    gi: read("gi"),
    o: read("o"),
    s: read("s"),
    i: read("i"),
    ug: read("ug"),
  };
}

/** A sample's 32 bits: 14 of the converter, 3 of the range, 6 that count samples, 8 of the logic lines. */
export interface Word {
  readonly converter: number;
  readonly range: number;
  readonly counter: number;
}

export const readWord = (word: number): Word => ({
  converter: word & 0x3fff,
  range: Math.min((word >>> 14) & 0b111, ranges - 1),
  counter: (word >>> 18) & 0b111111,
});

/** How many samples are missing between two counters of six bits. */
export const missingBetween = (before: number, counter: number): number =>
  (counter - before - 1) & 0b111111;

/** Current, A, of one sample at a supply of so many volts. */
export function currentOf(
  { converter, range }: Pick<Word, "converter" | "range">,
  calibration: Calibration,
  voltage_v: number,
): number {
  const of = (name: keyof Calibration): number => calibration[name][range] ?? 0;
  const raw = (4 * converter - of("o")) * (voltsPerStep / of("r"));
  return of("ug") * (raw * (of("gs") * raw + of("gi")) + (of("s") * voltage_v + of("i")));
}

/**
 * Smooths the samples after a change of range, when the converter's switches ring: the running mean of the current in place of
 * three samples, a slower one in the highest range.
 */
export class SpikeFilter {
  #mean: number | undefined;
  #slowMean: number | undefined;
  #range: number | undefined;
  #left = 0;
  #inRange = 0;

  filter(current_a: number, range: number): number {
    const before = { mean: this.#mean, slowMean: this.#slowMean };
    this.#mean = mixed(before.mean, current_a, 0.18);
    this.#slowMean = mixed(before.slowMean, current_a, 0.06);
    const isNew = this.#range !== undefined && this.#range !== range;
    this.#range = range;
    if (isNew) {
      this.#inRange = 0;
      this.#left = 3;
    } else this.#inRange++;
    if (this.#left === 0) return current_a;
    this.#left--;
    if (range < ranges - 1) return this.#mean;
    if (this.#inRange < 2) {
      this.#mean = before.mean;
      this.#slowMean = before.slowMean;
    }
    return this.#slowMean ?? current_a;
  }
}

const mixed = (mean: number | undefined, value: number, share: number): number =>
  mean === undefined ? value : share * value + (1 - share) * mean;
