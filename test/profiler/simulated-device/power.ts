import type { Meter, MeterSample, Rail } from "../../../devices/index.ts";
import { polled } from "../../../devices/meters/polled.ts";
import { type Random, seededRandom } from "../../../src/random.ts";
import type { Doing, VirtualClock } from "./clock.ts";
import type { PowerRules } from "./physics.ts";

/** A supply whose energy is known, and what shows it in ticks and units: a counter, or a sensor of power. */
export class PowerSource {
  readonly #rules: PowerRules;
  readonly #random: Random;
  /** Drawn, and of that while the sensor sampled, J and s. */
  #energy_j = 0;
  #sampled = { energy_j: 0, time_s: 0 };
  #factorTime_s = 0;
  #atTick_j = 0;
  #shown_w = 0;
  readonly #periods: { energy_j: number; time_s: number }[] = [];
  #nextTick_s = 0;
  #noise = 0;
  #noiseUntil_s = 0;
  #drift = 0;
  #driftUntil_s = 0;
  #burst = { start_s: 0, end_s: 0 };

  constructor(rules: PowerRules, clock: VirtualClock, seed: number) {
    this.#rules = rules;
    this.#random = seededRandom(seed);
    this.#burst = this.#nextBurst(0);
    clock.onPass = (from_s, to_s, doing) => this.#draw(from_s, to_s, doing);
  }

  /** What the counter shows, J, or the sensor, W; reading it costs. */
  read(): Pick<MeterSample, "energy_j" | "power_w"> {
    const { unit_j, wrap_j, read_j = 0, sensor } = this.#rules;
    this.#energy_j += read_j;
    if (sensor) return { power_w: sensor.unit_w * Math.round(this.#shown_w / sensor.unit_w) };
    return { energy_j: (unit_j * Math.floor(this.#atTick_j / unit_j)) % wrap_j };
  }

  /** Integral of the drift's factor up to now, s: the mean of two moments is the truth between them. */
  get factorTime_s(): number {
    return this.#factorTime_s;
  }

  #draw(from_s: number, to_s: number, doing: Doing): void {
    const { period_s, sensor, onDraw } = this.#rules;
    let now_s = from_s;
    while (now_s < to_s) {
      const samplesUntil_s = this.#nextTick_s - period_s * (1 - (sensor?.duty ?? 1));
      const isSampling = now_s < samplesUntil_s;
      const edge_s = isSampling ? samplesUntil_s : this.#nextTick_s;
      const next_s = Math.min(to_s, this.#edgeOfPower(now_s), Math.max(edge_s, now_s));
      const power_w = this.#power(now_s, doing);
      const duration_s = next_s - now_s;
      this.#energy_j += duration_s * power_w;
      this.#factorTime_s += duration_s * (1 + this.#drift);
      if (isSampling) {
        this.#sampled.energy_j += duration_s * power_w;
        this.#sampled.time_s += duration_s;
      }
      onDraw?.(now_s, next_s, power_w);
      now_s = next_s;
      if (now_s >= this.#nextTick_s) this.#tick();
    }
  }

  #tick(): void {
    const { period_s, sensor } = this.#rules;
    this.#atTick_j = this.#energy_j;
    this.#nextTick_s += period_s;
    if (!sensor) return;
    this.#periods.push(this.#sampled);
    this.#sampled = { energy_j: 0, time_s: 0 };
    const kept = Math.max(1, Math.round(sensor.averaging_s / period_s));
    if (this.#periods.length > kept) this.#periods.shift();
    const time_s = this.#periods.reduce((sum, one) => sum + one.time_s, 0);
    const energy_j = this.#periods.reduce((sum, one) => sum + one.energy_j, 0);
    if (time_s > 0) this.#shown_w = energy_j / time_s;
  }

  /** The next time at which others begin or end to draw, with bursts; power holds until then. */
  #edgeOfPower(time_s: number): number {
    while (time_s >= this.#burst.end_s) this.#burst = this.#nextBurst(this.#burst.end_s);
    return time_s < this.#burst.start_s ? this.#burst.start_s : this.#burst.end_s;
  }

  #power(time_s: number, doing: Doing): number {
    const { run_w, idle_w, noise, noise_s, drift, bursts } = this.#rules;
    while (time_s >= this.#noiseUntil_s) {
      this.#noise = noise * this.#random.normal();
      this.#noiseUntil_s += noise_s;
    }
    while (drift && time_s >= this.#driftUntil_s) {
      // Moves in tenths of the time it holds (Ornstein and Uhlenbeck 1930).
      const kept = Math.exp(-0.1);
      this.#drift =
        kept * this.#drift + drift.sd * Math.sqrt(1 - kept * kept) * this.#random.normal();
      this.#driftUntil_s += 0.1 * drift.hold_s;
    }
    const extra_w = bursts && time_s >= this.#burst.start_s ? bursts.extra_w : 0;
    return ((doing === "work" ? run_w : idle_w) + extra_w) * (1 + this.#noise) * (1 + this.#drift);
  }

  #nextBurst(after_s: number) {
    const { bursts } = this.#rules;
    if (!bursts) return { start_s: Number.POSITIVE_INFINITY, end_s: Number.POSITIVE_INFINITY };
    const start_s = after_s + this.#exponential() / bursts.bursts_hz;
    return { start_s, end_s: start_s + bursts.burst_s * this.#exponential() };
  }

  #exponential(): number {
    return -Math.log(1 - this.#random.uniform());
  }
}

export function simulatedMeter(
  source: PowerSource,
  { wrap_j, sensor, period_s }: PowerRules,
  clock: VirtualClock,
): Meter {
  const shared = { id: "package", label: "package", domain: "package", counted: true } as const;
  const rail: Rail = sensor
    ? {
        ...shared,
        kind: "power",
        maxPower_w: 1000,
        nominalPeriod_s: period_s,
        ...(sensor.averaging_s > 0 ? { averaging_s: sensor.averaging_s } : {}),
      }
    : { ...shared, kind: "energy-counter", wrap_j, maxPower_w: 1000 };
  return {
    id: "simulated",
    probe: async () => ({ ok: true }),
    describe: async () => ({
      id: "simulated",
      quality: "simulated",
      rails: [rail],
      caveats: [],
    }),
    ...polled(clock, () => [{ rail: rail.id, time_s: clock.now_s(), ...source.read() }]),
  };
}
