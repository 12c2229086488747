/** Whether something on a device can be used; when not, why, and what would make it so. */
export type Availability =
  | { readonly ok: true; readonly note?: string }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

export type RailDomain = "board" | "package" | "cpu" | "gpu" | "dram" | "other";

/** One measured supply. */
export interface Rail {
  readonly id: string;
  readonly label: string;
  readonly domain: RailDomain;
  /** True for the rails whose sum is the meter's total: none of them contains another. */
  readonly counted: boolean;
  /** Size of the counter; absent when unknown, and then a counter that fell makes its interval invalid. */
  readonly wrap_j?: number;
  /** Power that cannot be exceeded: an interval above it is invalid. */
  readonly maxPower_w: number;
}

/** A cumulative counter read at one moment of the clock that was passed in. */
export interface RailReading {
  readonly rail: string;
  readonly time_s: number;
  readonly energy_j: number;
}

export interface MeterDescription {
  readonly id: string;
  readonly quality: "measured" | "derived" | "none";
  readonly rails: readonly Rail[];
  /** What a reader of its numbers must know: what is not included, what was left out. */
  readonly caveats: readonly string[];
}

/** Reads energy. A meter never invents a number: what cannot be read is absent. */
export interface Meter {
  readonly id: string;
  probe(): Promise<Availability>;
  describe(): Promise<MeterDescription>;
  /** All counted rails now. Empty for a meter that measures nothing. */
  read(): Promise<readonly RailReading[]>;
  close(): Promise<void>;
}
