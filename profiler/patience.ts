import type { Clock } from "../devices/index.ts";

/**
 * Time to spend on waiting for calm moments. Disturbances last from milliseconds to hours: the longer the run, the
 * more of them is waited out, but once the time is spent, measuring goes on in the noise and flags what it finds.
 */
export class Patience {
  readonly #clock: Clock;
  #left_s: number;

  constructor(clock: Clock, left_s: number) {
    this.#clock = clock;
    this.#left_s = left_s;
  }

  get isLeft(): boolean {
    return this.#left_s > 0;
  }

  earn(more_s: number): void {
    this.#left_s += more_s;
  }

  /** Counts the time since a moment of the clock as waited. */
  spendSince(start_s: number): void {
    this.#left_s -= this.#clock.now_s() - start_s;
  }
}
