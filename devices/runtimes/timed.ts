import type { Clock } from "../clock.ts";
import type { LoadedModel } from "../runtime.ts";

/** Runs inferences one after the other, each waited for, and tells their time together. */
export const timedRuns =
  (infer: () => Promise<unknown>, clock: Pick<Clock, "now_s">): LoadedModel["run"] =>
  async (runs) => {
    const start_s = clock.now_s();
    for (let done = 0; done < runs; done++) await infer();
    return clock.now_s() - start_s;
  };

/**
 * The same where inferences are over when they return: nothing else in this process has its turn until they are awaited no more.
 * After every batch, untimed, what came meanwhile is let in, such as a message that says to stop.
 */
export function timedRunsWithTurns(
  infer: () => Promise<unknown>,
  clock: Pick<Clock, "now_s">,
): LoadedModel["run"] {
  const run = timedRuns(infer, clock);
  return async (runs) => {
    const time_s = await run(runs);
    await turn();
    return time_s;
  };
}

/** What Node and browsers both have of a port. */
interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
  close(): void;
}

/** A turn of the event loop. Timers would rest for milliseconds in browsers, and cores clock down. */
const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel() as unknown as Readonly<
      Record<"port1" | "port2", Port>
    >;
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
