/**
 * Time to spend on waiting for calm moments. Disturbances last from milliseconds to hours: the longer a session, the
 * more of them is waited out, but once the time is spent, measuring goes on in the noise and flags what it finds.
 */
export class Patience {
  #left_s: number;

  constructor(left_s: number) {
    this.#left_s = left_s;
  }

  get left_s(): number {
    return Math.max(0, this.#left_s);
  }

  get isLeft(): boolean {
    return this.#left_s > 0;
  }

  earn(more_s: number): void {
    this.#left_s += more_s;
  }

  spend(duration_s: number): void {
    this.#left_s -= duration_s;
  }
}
