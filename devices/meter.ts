/** Whether something on a device can be used; when not, why, and what would make it so. */
export type Availability =
  | { readonly ok: true; readonly note?: string }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

export type RailDomain = "board" | "package" | "cpu" | "gpu" | "dram" | "other";

export type RailKind = "energy-counter" | "power" | "current-voltage" | "charge-counter";

/** One measured supply. */
export interface Rail {
  readonly id: string;
  readonly label: string;
  readonly kind: RailKind;
  readonly domain: RailDomain;
  /** True for the rails whose sum is the meter's total: none of them contains another. */
  readonly counted: boolean;
  /** Rails that this one contains: never summed with them. */
  readonly includes?: readonly string[];
  /** Size of the counter; absent when unknown, and then a counter that fell makes its interval invalid. */
  readonly wrap_j?: number;
  /** Power that cannot be exceeded: an interval above it is invalid. */
  readonly maxPower_w: number;
  /** Of power: how often the sensor is known to be updated, s. Readings alone may hide updates, or show more than there are. */
  readonly nominalPeriod_s?: number;
  /** Of power: what is shown is the mean over so long a time past, s. Default 0. */
  readonly averaging_s?: number;
  /** The counted rail of the same supply that this one, which is not counted, is held against. */
  readonly checks?: string;
}

/** One reading of one rail, on the device's clock. Which fields are there follows from the rail's kind. */
export interface MeterSample {
  readonly rail: string;
  readonly time_s: number;
  readonly energy_j?: number;
  readonly power_w?: number;
  readonly current_a?: number;
  readonly voltage_v?: number;
  readonly charge_c?: number;
}

export interface MeterDescription {
  readonly id: string;
  readonly quality: "measured" | "derived" | "simulated" | "none";
  readonly rails: readonly Rail[];
  /** What a reader of its numbers must know: what is not included, what was left out. */
  readonly caveats: readonly string[];
  /** Reads the battery: with a charger on, its numbers are not the machine's. */
  readonly needsDischarging?: true;
  /** Nothing is read: an instrument beside the device records meanwhile, and its trace is laid over the windows afterwards. */
  readonly isRecordedApart?: true;
  /** Reading it more often makes no sense, or is itself a load, s: a program is started, a plug asked. */
  readonly fastestReading_s?: number;
}

/** A stream of readings. A meter never invents a number: what cannot be read is absent. */
export interface Meter {
  readonly id: string;
  probe(): Promise<Availability>;
  describe(): Promise<MeterDescription>;
  /** Begins to read all rails about every `period_s`. */
  start(options: { readonly period_s: number }): Promise<void>;
  /** The readings since `start`, as they come; ends after `stop`. */
  samples(): AsyncIterable<MeterSample>;
  stop(): Promise<void>;
  /** What was noticed of the sensor since `start`, beside its numbers: what held a card back. */
  notes?(): readonly string[];
}
