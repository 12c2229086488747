import { setTimeout as delay } from "node:timers/promises";

/** Passed in wherever time matters. `now_s` is monotonic; `timestamp` is the wall clock in ISO 8601. */
export interface Clock {
  now_s(): number;
  timestamp(): string;
  /** Waits while the core may rest. */
  sleep(duration_s: number): Promise<void>;
  /** Waits and keeps the core awake: one that idled takes milliseconds to be at full speed again. */
  spin(duration_s: number): Promise<void>;
  /** Calls `tick` about every `period_s` from now on, whatever else runs; returns what ends it. */
  every(period_s: number, tick: () => void): () => void;
  /** Smallest difference two readings can have, s. */
  readonly step_s: number;
}

/** The machine's own clock, read in nanoseconds. */
export const systemClock: Clock = {
  now_s: () => Number(process.hrtime.bigint()) / 1e9,
  timestamp: () => new Date().toISOString(),
  sleep: (duration_s) => delay(duration_s * 1000),
  spin: (duration_s) => {
    const end_s = systemClock.now_s() + duration_s;
    return new Promise((resolve) => {
      const again = (): void => {
        if (systemClock.now_s() >= end_s) resolve();
        else setImmediate(again);
      };
      again();
    });
  },
  every: (period_s, tick) => {
    const timer = setInterval(tick, period_s * 1000);
    return () => clearInterval(timer);
  },
  step_s: 1e-9,
};
