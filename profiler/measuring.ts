import {
  type BatchesRecord,
  type CanaryRule,
  type Clock,
  type Device,
  type MeasurementScript,
  type MeterDescription,
  type RawMeasurement,
  recordsOf,
  type ScriptStep,
  type StateRecord,
  systemClock,
} from "../devices/index.ts";
import type {
  MeterLog,
  QualityFlag,
  SessionConditions,
  SessionInstruments,
} from "../energy-db/index.ts";
import { type OnProgress, progressOf } from "../src/progress.ts";
import type { Random } from "../src/random.ts";
import { canaryEstimate, canaryRule } from "./canary.ts";
import { CrossCheck } from "./energy/cross-check.ts";
import {
  type EnergyRules,
  energyRules,
  lookPeriod,
  meterLooks_s,
  observedPeriod,
  recordedPeriod_s,
  steadyPeriod,
} from "./energy/rules.ts";
import { samplerPower, samplerSteps } from "./energy/sampler-power.ts";
import { type HeatLook, type HeatRules, heatRules, heatStep, isSteady, lookAt } from "./heat.ts";
import { Patience } from "./patience.ts";
import { awaitConditions, type Preflight, preflight } from "./preflight.ts";
import { emptyNodes, recordingSteps, recordingTime } from "./recording.ts";
import { programRules, type SamplingRules, samplingRules } from "./sampling.ts";
import { sessionConditions, sessionFlags } from "./session-conditions.ts";

/** Version of the measuring protocol: rows of different versions never mix in one fit. */
export const measuringProtocol = 2;

export interface MeasuringOptions {
  readonly device: Device;
  /** The host's, for time limits and dates. */
  readonly clock?: Clock | undefined;
  readonly random: Random;
  readonly rules?: SamplingRules | undefined;
  readonly energyRules?: EnergyRules | undefined;
  /** Speed of the canary that the rows are to stand for, s, by `canaryLatency`: only as fast is calm. */
  readonly knownCanary_s?: number | undefined;
  /** Spent at most on waiting for calm moments, s; more can be earned. */
  readonly patience_s: number;
  readonly signal?: AbortSignal | undefined;
  /** Measures whatever state the device is in; rows are flagged. */
  readonly allowConditions?: boolean | undefined;
  readonly heatRules?: HeatRules | undefined;
  /** Told what is waited for before measuring begins, and in between. */
  readonly onProgress?: OnProgress | undefined;
}

/** Instruments of a session: what every measurement of it shares. */
export class Measuring {
  readonly device: Device;
  readonly clock: Clock;
  readonly random: Random;
  readonly rules: SamplingRules;
  readonly energyRules: EnergyRules;
  readonly patience: Patience;
  readonly signal: AbortSignal | undefined;
  /** Why energy readings were thrown away; one sentence each. */
  readonly invalidEnergy: string[] = [];
  /** Stretches of metering that nobody has stored yet. */
  readonly meterLogs: Pick<MeterLog, "windows" | "readings">[] = [];
  /** Of the network metered last, W. */
  lastPower_w: number | undefined;
  readonly #canary: Promise<CanaryRule>;
  readonly #known_s: number;
  readonly #measured: (readonly BatchesRecord[])[] = [];
  readonly #options: MeasuringOptions;
  readonly #states: StateRecord[] = [];
  #preflight: Preflight | undefined;
  #heated_s: number | undefined;
  #sampler: SessionConditions["sampler"];
  readonly #crossCheck = new CrossCheck();
  readonly #noticed = new Set<string>();
  #instruments: SessionInstruments = {};
  #blocks = 0;

  constructor(options: MeasuringOptions) {
    this.#options = options;
    this.device = options.device;
    this.clock = options.clock ?? systemClock;
    this.random = options.random;
    const { shortestBatch_s, freshBatches } = options.device.capabilities;
    const rules = options.rules ?? (freshBatches ? programRules : samplingRules);
    this.rules = { ...rules, batch_s: Math.max(rules.batch_s, shortestBatch_s) };
    this.energyRules = options.energyRules ?? energyRules;
    this.patience = new Patience(options.patience_s);
    this.signal = options.signal;
    this.#canary = canaryRule(options.device.capabilities, this.rules.allowedSlowdown);
    this.#known_s = options.knownCanary_s ?? Number.POSITIVE_INFINITY;
  }

  /** What is known of the instruments so far; grows with every look at the canary. */
  get instruments(): SessionInstruments {
    const canary = canaryEstimate(this.#measured);
    const conditions = this.#conditions();
    return {
      ...this.#instruments,
      ...(canary ? { canary } : {}),
      ...(conditions ? { conditions } : {}),
    };
  }

  /** The canary's speed that counts as calm, s; undefined before the first block of a first session. */
  get baseline_s(): number | undefined {
    const known_s = Math.min(
      this.#known_s,
      this.instruments.canary?.latency_s ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(known_s) ? known_s : undefined;
  }

  /** What every row of this session is flagged with. */
  get flags(): readonly QualityFlag[] {
    return this.#preflight ? sessionFlags(this.#preflight) : [];
  }

  /** When the device was last heard of. */
  get temperature_c(): number | undefined {
    return this.#states.at(-1)?.state.temperature_c;
  }

  /** Numbers the scripts of a session. */
  nextBlock(): number {
    return this.#blocks++;
  }

  /**
   * Sends a script and keeps what its records say of patience. In the first block of a first session nobody knows yet
   * what is calm: there the device takes every moment for it, and only the analysis tells.
   */
  async measure(
    models: MeasurementScript["models"],
    steps: readonly ScriptStep[],
  ): Promise<RawMeasurement> {
    const { baseline_s } = this;
    const raw = await this.device.measure(
      {
        version: 1,
        threads: this.device.identity.threads,
        seed: this.random.below(2 ** 31),
        models,
        canary: { ...(await this.#canary), ...(baseline_s === undefined ? {} : { baseline_s }) },
        steps,
      },
      { signal: this.signal },
    );
    for (const { duration_s } of recordsOf(raw, "waited")) this.patience.spend(duration_s);
    this.#states.push(...recordsOf(raw, "state"));
    for (const record of recordsOf(raw, "meter")) {
      this.#crossCheck.add(this.device.capabilities.meter.rails, record);
      for (const note of record.notes ?? []) this.#noticed.add(note);
    }
    return raw;
  }

  /** What there is to say of the meter; most of it is known before anything is measured. */
  get meterNotes(): readonly string[] {
    const { quality, caveats } = this.device.capabilities.meter;
    return quality === "none" ? [] : [...caveats, ...this.meterWarnings];
  }

  /** What a meter noticed while it was read, and rails that disagree: to be told where measuring ends. */
  get meterWarnings(): readonly string[] {
    return [...this.#noticed, ...this.#crossCheck.warnings(this.device.capabilities.meter.rails)];
  }

  /** Looks at the state of the device before anything is measured; throws a UserError where that is no good. */
  async begin(): Promise<Preflight> {
    const { device, clock } = this;
    this.#preflight = await preflight({ ...this.#options, device, clock });
    if (device.conditions.isSustained) await this.#heat();
    return this.#preflight;
  }

  /** Waits between two blocks until the device is fit again. */
  async awaitConditions(): Promise<void> {
    const { device, clock } = this;
    const { waited_s } = await awaitConditions(
      { ...this.#options, device, clock },
      await device.state(),
    );
    if (this.#preflight)
      this.#preflight = { ...this.#preflight, waited_s: this.#preflight.waited_s + waited_s };
  }

  /** Works until speed and temperature are steady. */
  async #heat(): Promise<void> {
    const { clock, device } = this;
    const rules = this.#options.heatRules ?? heatRules;
    const { model } = await this.#canary;
    const hot = { ...model, name: `${model.name} for heat` };
    const step = heatStep(hot.name, rules.stretch_s, device.capabilities.shortestBatch_s);
    const start_s = clock.now_s();
    const looks: HeatLook[] = [];
    for (let spent_s = 0; spent_s < rules.most_s; spent_s = clock.now_s() - start_s) {
      if (spent_s >= rules.least_s && isSteady(looks, rules)) break;
      const amounts = { done: Math.round(spent_s), total: rules.most_s, elapsed_s: spent_s };
      this.#options.onProgress?.(progressOf("heating up; seconds", amounts));
      looks.push(lookAt(await this.measure([hot], [step])));
    }
    this.#heated_s = clock.now_s() - start_s;
  }

  #conditions(): SessionInstruments["conditions"] {
    if (!this.#preflight) return undefined;
    return {
      ...sessionConditions(this.#preflight, this.#states, this.device.details),
      ...(this.#heated_s === undefined ? {} : { heated_s: this.#heated_s }),
      ...(this.#sampler ? { sampler: this.#sampler } : {}),
      ...(this.meterNotes.length > 0 ? { notes: this.meterNotes } : {}),
    };
  }

  /** What a block of networks says of the canary. */
  learnCanary(raw: RawMeasurement): void {
    this.#measured.push(recordsOf(raw, "batches"));
  }

  /** Learns the recording time of the node profiler, the clock's offset and the meter's period. */
  async calibrate(): Promise<void> {
    const { capabilities } = this.device;
    const recording =
      capabilities.nodeProfiling && capabilities.models.format === "onnx"
        ? recordingTime(
            recordsOf(await this.measure([emptyNodes], recordingSteps(this.rules)), "nodes"),
          )
        : undefined;
    const meter = await this.#lookAtMeter();
    this.#instruments = {
      ...(recording ? { recording } : {}),
      clock: await this.device.clockOffset(),
      ...(meter ? { meter } : {}),
    };
  }

  async #lookAtMeter(): Promise<SessionInstruments["meter"]> {
    const { meter } = this.device.capabilities;
    const { id, quality, rails } = meter;
    if (quality === "none") return undefined;
    if (meter.isRecordedApart) return { id, quality, updatePeriod_s: recordedPeriod_s, rails };
    const updatePeriod_s = await this.#updatePeriod(meter);
    if (updatePeriod_s === undefined) return undefined;
    const looks = await this.measure([], samplerSteps(updatePeriod_s, meter));
    this.#sampler = samplerPower(rails, recordsOf(looks, "meter"));
    return { id, quality, updatePeriod_s, rails };
  }

  async #updatePeriod(meter: MeterDescription): Promise<number | undefined> {
    let steady_s: number | undefined;
    for (const duration_s of meterLooks_s) {
      const step = { kind: "meter-look", duration_s, period_s: lookPeriod(meter) } as const;
      const [record] = recordsOf(await this.measure([], [step]), "meter");
      if (!record) continue;
      const observed_s = observedPeriod(meter.rails, record, duration_s);
      if (observed_s !== undefined) return observed_s;
      steady_s = steadyPeriod(meter.rails, record);
    }
    return steady_s;
  }
}

/** Opens a session's instruments on a device and calibrates them. */
export async function openMeasuring(options: MeasuringOptions): Promise<Measuring> {
  const measuring = new Measuring(options);
  await measuring.begin();
  await measuring.calibrate();
  return measuring;
}
