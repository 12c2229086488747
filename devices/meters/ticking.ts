import type { Clock } from "../clock.ts";

/** Counters that step more rarely than this make windows longer than anybody waits, s. */
const slowestTick_s = 2;
const ticksSeen = 2;

/**
 * Whether a counter moves often enough to be measured with: twice within four seconds. One that is missing, or stands
 * still, is watched no longer than that.
 */
export async function ticks(
  clock: Clock,
  period_s: number,
  read: () => Promise<number | undefined>,
): Promise<boolean> {
  const end_s = clock.now_s() + ticksSeen * slowestTick_s;
  let last = await read();
  if (last === undefined) return false;
  for (let seen = 0; clock.now_s() < end_s; ) {
    await clock.sleep(period_s);
    const now = await read();
    if (now === undefined || now === last) continue;
    last = now;
    if (++seen >= ticksSeen) return true;
  }
  return false;
}
