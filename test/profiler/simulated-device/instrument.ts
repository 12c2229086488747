import { seededRandom } from "../../../src/random.ts";

export interface InstrumentRules {
  readonly rate_hz: number;
  /** Its clock against the device's: ahead by so much at 0, and faster by this fraction. */
  readonly ahead_s: number;
  readonly drift: number;
  /** Standard deviation of its readings, W. */
  readonly noise_w: number;
  /** Samples that are stamped together, as they come over USB. */
  readonly perBurst: number;
}

/** An instrument in the supply line that records, on a clock of its own: the mean power of every sample's time. */
export class Instrument {
  readonly #rules: InstrumentRules;
  readonly #energies_j: number[] = [];

  constructor(rules: InstrumentRules) {
    this.#rules = rules;
  }

  /** Told every stretch of constant power, on the device's clock. */
  readonly onDraw = (from_s: number, to_s: number, power_w: number): void => {
    const { rate_hz } = this.#rules;
    let now_s = from_s;
    while (now_s < to_s) {
      const sample = Math.floor(now_s * rate_hz + 1e-9);
      const next_s = Math.min(to_s, (sample + 1) / rate_hz);
      this.#energies_j[sample] = (this.#energies_j[sample] ?? 0) + (next_s - now_s) * power_w;
      now_s = Math.max(next_s, now_s + 1e-12);
    }
  };

  /** What it exports of a stretch of the device's time, as PyMonsoon writes it, at 5 V. */
  export(from_s: number, to_s: number): string {
    const { rate_hz, ahead_s, drift, noise_w, perBurst } = this.#rules;
    const random = seededRandom(5);
    const first = Math.ceil(from_s * rate_hz);
    const rows = this.#energies_j.slice(first, Math.floor(to_s * rate_hz)).map((energy_j, i) => {
      const stamped = first + Math.floor(i / perBurst) * perBurst;
      const time_s = ahead_s + (1 + drift) * (stamped / rate_hz);
      const power_w = energy_j * rate_hz + noise_w * random.normal();
      return `${(1e3 * time_s).toFixed(4)},${((1e3 * power_w) / 5).toFixed(4)},5,`;
    });
    return ["Time(ms),Main(mA),Main Voltage(V),", ...rows, ""].join("\n");
  }
}
