import type { Meter, Rail } from "../../../devices/index.ts";
import { polled } from "../../../devices/meters/polled.ts";
import { type Random, seededRandom } from "../../../src/random.ts";
import type { Doing, VirtualClock } from "./clock.ts";
import type { PowerRules } from "./physics.ts";

/** A supply whose energy is known, and a counter that shows it in ticks and units. */
export class PowerSource {
  readonly #rules: PowerRules;
  readonly #random: Random;
  #energy_j = 0;
  #atTick_j = 0;
  #nextTick_s = 0;
  #noise = 0;
  #noiseUntil_s = 0;

  constructor(rules: PowerRules, clock: VirtualClock, seed: number) {
    this.#rules = rules;
    this.#random = seededRandom(seed);
    clock.onPass = (from_s, to_s, doing) => this.#draw(from_s, to_s, doing);
  }

  /** What the counter shows, J; reading it costs. */
  read(): number {
    const { unit_j, wrap_j, read_j = 0 } = this.#rules;
    this.#energy_j += read_j;
    return (unit_j * Math.floor(this.#atTick_j / unit_j)) % wrap_j;
  }

  #draw(from_s: number, to_s: number, doing: Doing): void {
    let now_s = from_s;
    while (now_s < to_s) {
      const next_s = Math.min(to_s, Math.max(this.#nextTick_s, now_s));
      this.#energy_j += (next_s - now_s) * this.#power(now_s, doing);
      now_s = next_s;
      if (now_s >= this.#nextTick_s) {
        this.#atTick_j = this.#energy_j;
        this.#nextTick_s += this.#rules.period_s;
      }
    }
  }

  #power(time_s: number, doing: Doing): number {
    const { run_w, idle_w, noise, noise_s } = this.#rules;
    while (time_s >= this.#noiseUntil_s) {
      this.#noise = noise * this.#random.normal();
      this.#noiseUntil_s += noise_s;
    }
    return (doing === "work" ? run_w : idle_w) * (1 + this.#noise);
  }
}

export function simulatedMeter(
  source: PowerSource,
  { wrap_j }: PowerRules,
  clock: VirtualClock,
): Meter {
  const rail: Rail = {
    id: "package",
    label: "package",
    kind: "energy-counter",
    domain: "package",
    counted: true,
    wrap_j,
    maxPower_w: 1000,
  };
  return {
    id: "simulated",
    probe: async () => ({ ok: true }),
    describe: async () => ({
      id: "simulated",
      quality: "simulated",
      rails: [rail],
      caveats: [],
    }),
    ...polled(clock, () => [{ rail: rail.id, time_s: clock.now_s(), energy_j: source.read() }]),
  };
}
