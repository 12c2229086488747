import type { Clock } from "../../../devices/index.ts";

interface Timer {
  readonly period_s: number;
  readonly tick: () => void;
  next_s: number;
}

/** Time that passes only when something is done. Timers go off inside whatever takes the time. */
export class VirtualClock implements Clock {
  readonly step_s = 1e-9;
  readonly #timers = new Set<Timer>();
  #now_s = 0;
  /** Told every stretch of time that passes, and what it was spent on. */
  onPass: (from_s: number, to_s: number, doing: Doing) => void = () => undefined;

  now_s(): number {
    return this.#now_s;
  }

  timestamp(): string {
    return new Date(1e3 * this.#now_s).toISOString();
  }

  async sleep(duration_s: number): Promise<void> {
    this.pass(duration_s, "rest");
    await this.#others();
  }

  async spin(duration_s: number): Promise<void> {
    this.pass(duration_s, "work");
    await this.#others();
  }

  every(period_s: number, tick: () => void): () => void {
    const timer = { period_s, tick, next_s: this.#now_s + period_s };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  pass(duration_s: number, doing: Doing): void {
    const end_s = this.#now_s + duration_s;
    for (let timer = this.#due(end_s); timer; timer = this.#due(end_s)) {
      this.#moveTo(timer.next_s, doing);
      timer.next_s += timer.period_s;
      timer.tick();
    }
    this.#moveTo(end_s, doing);
  }

  #due(end_s: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.next_s <= end_s && timer.next_s < (first?.next_s ?? Number.POSITIVE_INFINITY))
        first = timer;
    return first;
  }

  #moveTo(time_s: number, doing: Doing): void {
    if (time_s <= this.#now_s) return;
    this.onPass(this.#now_s, time_s, doing);
    this.#now_s = time_s;
  }

  /** Whoever reads a stream meanwhile gets its turn. */
  #others = (): Promise<void> => Promise.resolve();
}

export type Doing = "rest" | "work";
