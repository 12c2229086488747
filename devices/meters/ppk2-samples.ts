import type { MeterSample } from "../meter.ts";
import {
  type Calibration,
  currentOf,
  missingBetween,
  readWord,
  SpikeFilter,
  samplePeriod_s,
} from "./ppk2-protocol.ts";

const wordBytes = 4;
/** The kit's clock may be this much slower than the host's, as a fraction. */
const clockError = 1e-4;

export interface Ppk2Reading {
  readonly calibration: Calibration;
  readonly voltage_v: number;
  /** Of the readings that samples are averaged to, s. */
  readonly period_s: number;
  readonly rail: string;
}

/**
 * Readings of the mean current from the kit's 100,000 samples a second. Samples are timed by their number, those that were lost
 * counted too, since chunks come in bursts: the chunk that came with the least delay says when the first sample was. A period of
 * which most samples were lost is no reading: the gap is for whoever integrates to judge.
 */
export class Ppk2Samples {
  readonly #options: Ppk2Reading;
  readonly #perReading: number;
  readonly #filter = new SpikeFilter();
  #rest = Buffer.alloc(0);
  #counter: number | undefined;
  /** Samples so far, lost ones too. */
  #number = 0;
  #start_s: number | undefined;
  #period = { index: 0, sum_a: 0, count: 0 };

  constructor(options: Ppk2Reading) {
    this.#options = options;
    this.#perReading = Math.max(1, Math.round(options.period_s / samplePeriod_s));
  }

  /** Readings that a chunk completes; `now_s` is when it came. */
  add(chunk: Buffer, now_s: number): readonly MeterSample[] {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % wordBytes);
    this.#rest = bytes.subarray(whole);
    const complete = Array.from({ length: whole / wordBytes }, (_, i) =>
      this.#take(bytes.readUInt32LE(i * wordBytes)),
    ).filter((period) => period !== undefined);
    const drift_s = clockError * whole * (samplePeriod_s / wordBytes);
    const start_s = now_s - this.#number * samplePeriod_s;
    const first_s = Math.min((this.#start_s ?? start_s) + drift_s, start_s);
    this.#start_s = first_s;
    const { rail, voltage_v } = this.#options;
    return complete.map(({ index, sum_a, count }) => ({
      rail,
      time_s: first_s + (index + 1) * this.#perReading * samplePeriod_s,
      current_a: sum_a / count,
      voltage_v,
    }));
  }

  /** Adds a sample to its period; the one before, where that is over and most of its samples came. */
  #take(word: number) {
    const { calibration, voltage_v } = this.#options;
    const { converter, range, counter } = readWord(word);
    this.#number += this.#counter === undefined ? 0 : missingBetween(this.#counter, counter);
    this.#counter = counter;
    const current_a = currentOf({ converter, range }, calibration, voltage_v);
    const index = Math.floor(this.#number++ / this.#perReading);
    const before = this.#period;
    if (index !== before.index) this.#period = { index, sum_a: 0, count: 0 };
    this.#period.sum_a += this.#filter.filter(current_a, range);
    this.#period.count++;
    return index !== before.index && 2 * before.count > this.#perReading ? before : undefined;
  }
}
