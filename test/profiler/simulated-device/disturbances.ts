import { type Random, seededRandom } from "../../../src/random.ts";
import type { DisturbanceRules } from "./physics.ts";

/** The state moves in steps of this part of the time it holds. */
const stateSteps = 0.1;

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
  readonly #states: number[] = [];

  constructor(rules: DisturbanceRules, seed: number) {
    this.#rules = rules;
    this.#random = seededRandom(seed);
    this.#burst = this.#nextBurst(0);
  }

  /** How much slower than undisturbed a network is that feels the machine's state so much, as a factor. */
  slowdown(time_s: number, sensitivity: number): number {
    const { slowdown = () => 1 } = this.#rules;
    const state = Math.exp(sensitivity * this.#stateAt(time_s));
    return slowdown(time_s) * this.#burstFactor(time_s) * state;
  }

  /** Mean of the machine's state so far, over the time since then. */
  meanState(from_s: number): number {
    const states = this.#states.slice(Math.floor(from_s / this.#step_s));
    return states.reduce((sum, state) => sum + state, 0) / Math.max(1, states.length);
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
    const { stateSd } = this.#rules;
    while (time_s >= this.#states.length * this.#step_s) {
      const before = this.#states[this.#states.length - 1];
      const kept = before === undefined ? 0 : Math.exp(-stateSteps);
      const moved = stateSd * Math.sqrt(1 - kept * kept) * this.#random.normal();
      this.#states.push(kept * (before ?? 0) + moved);
    }
    return this.#states[this.#states.length - 1] ?? 0;
  }

  get #step_s(): number {
    return stateSteps * this.#rules.state_s;
  }

  #exponential(): number {
    return -Math.log(1 - this.#random.uniform());
  }
}
