import type { MeterSample } from "../meter.ts";
import type { Trace } from "./trace.ts";

/** Power of a trace as stretches of constant power, added up so that any stretch's mean is found at once. */
export class PowerProfile {
  readonly #times_s: Float64Array;
  /** Integral of power, and of its square, up to each time. */
  readonly #sums_j: Float64Array;
  readonly #squares: Float64Array;

  constructor({ samples }: Pick<Trace, "samples">) {
    const ordered = samples.toSorted((a, b) => a.time_s - b.time_s);
    this.#times_s = Float64Array.from(ordered, ({ time_s }) => time_s);
    this.#sums_j = new Float64Array(ordered.length);
    this.#squares = new Float64Array(ordered.length);
    for (let i = 1; i < ordered.length; i++) {
      const [from, to] = [ordered[i - 1], ordered[i]];
      const duration_s = (to?.time_s ?? 0) - (from?.time_s ?? 0);
      const power_w = from && to && duration_s > 0 ? meanPower(from, to) : 0;
      this.#sums_j[i] = (this.#sums_j[i - 1] ?? 0) + power_w * duration_s;
      this.#squares[i] = (this.#squares[i - 1] ?? 0) + power_w * power_w * duration_s;
    }
  }

  get from_s(): number {
    return this.#times_s[0] ?? Number.NaN;
  }

  get to_s(): number {
    return this.#times_s[this.#times_s.length - 1] ?? Number.NaN;
  }

  /** Mean time between two samples, s. */
  get period_s(): number {
    return (this.to_s - this.from_s) / Math.max(1, this.#times_s.length - 1);
  }

  /** Energy, J, and the integral of the power's square over a stretch inside the trace. */
  over(from_s: number, to_s: number): { readonly energy_j: number; readonly square: number } {
    const [a, b] = [this.#place(from_s), this.#place(to_s)];
    return {
      energy_j: at(this.#sums_j, b) - at(this.#sums_j, a),
      square: at(this.#squares, b) - at(this.#squares, a),
    };
  }

  /** The number of a time's stretch, with the part of it that is over. */
  #place(time_s: number): number {
    const times_s = this.#times_s;
    let [low, high] = [0, times_s.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((times_s[middle] ?? 0) <= time_s) low = middle;
      else high = middle;
    }
    const [from_s = 0, to_s = 0] = [times_s[low], times_s[high]];
    return low + Math.min(1, Math.max(0, (time_s - from_s) / (to_s - from_s || 1)));
  }
}

function at(sums: Float64Array, place: number): number {
  const i = Math.floor(place);
  const before = sums[i] ?? 0;
  return before + (place - i) * ((sums[i + 1] ?? before) - before);
}

function meanPower(from: MeterSample, to: MeterSample): number {
  if (from.energy_j !== undefined && to.energy_j !== undefined)
    return (to.energy_j - from.energy_j) / (to.time_s - from.time_s);
  return (powerOf(from) + powerOf(to)) / 2;
}

export const powerOf = ({ power_w, current_a = 0, voltage_v = 0 }: MeterSample): number =>
  power_w ?? current_a * voltage_v;
