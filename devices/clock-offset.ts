import type { Clock } from "./clock.ts";

/** A device's clock minus the host's, known within the bound, s. */
export interface ClockOffset {
  readonly offset_s: number;
  readonly bound_s: number;
  /** Smallest difference two readings of the device's clock can have, s. */
  readonly step_s: number;
}

const pings = 20;

/**
 * Cristian's algorithm (Distributed Computing 3, 1989): the device answers with its time; it was that time somewhere
 * within the round trip, so half of it bounds the error of its middle. The shortest of several trips is kept.
 */
export async function measureOffset(
  host: Pick<Clock, "now_s">,
  ask: () => Promise<number>,
): Promise<Pick<ClockOffset, "offset_s" | "bound_s">> {
  let best = { offset_s: 0, bound_s: Number.POSITIVE_INFINITY };
  for (let ping = 0; ping < pings; ping++) {
    const sent_s = host.now_s();
    const device_s = await ask();
    const received_s = host.now_s();
    const bound_s = (received_s - sent_s) / 2;
    if (bound_s < best.bound_s) best = { offset_s: device_s - (sent_s + received_s) / 2, bound_s };
  }
  return best;
}
