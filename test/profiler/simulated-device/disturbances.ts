import { type Random, seededRandom } from "../../../src/random.ts";
import type { DisturbanceRules } from "./physics.ts";

interface Burst {
  readonly start_s: number;
  readonly end_s: number;
  readonly factor: number;
}

/** Makes everything slower by turns: bursts, the state of the machine, drift. Time only goes forwards. */
export class Disturbances {
  readonly #rules: DisturbanceRules;
  readonly #random: Random;
  #burst: Burst;
  #state = 0;
  #stateUntil_s = 0;

  constructor(rules: DisturbanceRules, seed: number) {
    this.#rules = rules;
    this.#random = seededRandom(seed);
    this.#burst = this.#nextBurst(0);
  }

  /** How much slower than undisturbed, as a factor. */
  slowdown(time_s: number): number {
    const { slowdown = () => 1 } = this.#rules;
    return slowdown(time_s) * this.#burstFactor(time_s) * Math.exp(this.#stateAt(time_s));
  }

  #burstFactor(time_s: number): number {
    while (time_s >= this.#burst.end_s) this.#burst = this.#nextBurst(this.#burst.end_s);
    return time_s >= this.#burst.start_s ? this.#burst.factor : 1;
  }

  #nextBurst(after_s: number): Burst {
    const { bursts_hz, burst_s, burstFactor } = this.#rules;
    const start_s =
      bursts_hz > 0 ? after_s + this.#exponential() / bursts_hz : Number.POSITIVE_INFINITY;
    return {
      start_s,
      end_s: start_s + burst_s * this.#exponential(),
      factor: 1 + (burstFactor - 1) * this.#random.uniform(),
    };
  }

  /** Holds for a while, then moves: a normal distribution whose memory fades (Ornstein and Uhlenbeck 1930). */
  #stateAt(time_s: number): number {
    const { stateSd, state_s } = this.#rules;
    while (time_s >= this.#stateUntil_s) {
      const fresh = this.#stateUntil_s === 0;
      const kept = fresh ? 0 : Math.exp(-0.1);
      this.#state =
        kept * this.#state + stateSd * Math.sqrt(1 - kept * kept) * this.#random.normal();
      this.#stateUntil_s += 0.1 * state_s;
    }
    return this.#state;
  }

  #exponential(): number {
    return -Math.log(1 - this.#random.uniform());
  }
}
