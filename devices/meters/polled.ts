import type { Clock } from "../clock.ts";
import type { Meter, MeterSample } from "../meter.ts";

/** Start, samples and stop of a meter that is read when asked: `read` gives all rails at this moment. */
export function polled(
  clock: Clock,
  read: () => readonly MeterSample[],
): Pick<Meter, "start" | "samples" | "stop"> {
  let stream = new Stream();
  let stop = (): void => undefined;
  return {
    start: async ({ period_s }) => {
      stream = new Stream();
      const { push } = stream;
      push(read());
      stop = clock.every(period_s, () => push(read()));
    },
    samples: () => stream,
    stop: async () => {
      stop();
      stream.push(read());
      stream.end();
    },
  };
}

/** Readings that wait for whoever takes them. */
class Stream implements AsyncIterable<MeterSample> {
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
