import type { Clock } from "../clock.ts";
import type { Meter, MeterSample } from "../meter.ts";
import { SampleStream } from "./sample-stream.ts";

type Streaming = Pick<Meter, "start" | "samples" | "stop">;

/**
 * Start, samples and stop of a meter that is read when asked: `read` gives the rails that can be read at this moment. One
 * that cannot is absent, and whoever integrates finds the gap.
 */
export function polled(clock: Clock, read: () => readonly MeterSample[]): Streaming {
  let stream = new SampleStream();
  let stop = (): void => undefined;
  return {
    start: async ({ period_s }) => {
      stream = new SampleStream();
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

/** The same where a reading takes a while: the next one waits for it, and one that fails is absent. */
export function asked(clock: Clock, read: () => Promise<readonly MeterSample[]>): Streaming {
  let stream = new SampleStream();
  let stop = (): void => undefined;
  let reading: Promise<void> | undefined;
  const readOnce = (): Promise<void> => {
    const { push } = stream;
    reading ??= read()
      .then(push, () => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  return {
    start: async ({ period_s }) => {
      stream = new SampleStream();
      await readOnce();
      stop = clock.every(period_s, () => void readOnce());
    },
    samples: () => stream,
    stop: async () => {
      stop();
      await reading;
      await readOnce();
      stream.end();
    },
  };
}
