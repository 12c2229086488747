import type { MeterSample } from "../meter.ts";

/** Readings that wait for whoever takes them. */
export class SampleStream implements AsyncIterable<MeterSample> {
  #waiting: MeterSample[] = [];
  #ended = false;
  #wake = (): void => undefined;

  readonly push = (samples: readonly MeterSample[]): void => {
    this.#waiting.push(...samples);
    this.#wake();
  };

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<MeterSample> {
    for (;;) {
      const samples = this.#waiting;
      this.#waiting = [];
      yield* samples;
      if (this.#waiting.length > 0) continue;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
