import { setTimeout as delay } from "node:timers/promises";

/** Passed in wherever time matters. `now_s` is monotonic; `timestamp` is the wall clock in ISO 8601. */
export interface Clock {
  now_s(): number;
  timestamp(): string;
  sleep(duration_s: number): Promise<void>;
  /** Smallest difference two readings can have, s. */
  readonly step_s: number;
}

/** The machine's own clock, read in nanoseconds. */
export const systemClock: Clock = {
  now_s: () => Number(process.hrtime.bigint()) / 1e9,
  timestamp: () => new Date().toISOString(),
  sleep: (duration_s) => delay(duration_s * 1000),
  step_s: 1e-9,
};
