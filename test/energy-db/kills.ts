import { setTimeout } from "node:timers/promises";
import type { Random } from "../../src/random.ts";
import { Acknowledged, kill, startTelling, type Telling } from "./telling.ts";

export interface KillOptions {
  readonly writers: number;
  readonly readers: number;
  /** How long processes are killed, one after the other, and each is replaced, ms: no next one while a third is starting. */
  readonly for_ms: number;
  /** Longest wait between two kills, ms. */
  readonly longestWait_ms: number;
  readonly random: Random;
}

/** What processes said before they were killed. */
export interface KillReport {
  /** Loads stored, by session. */
  readonly acknowledged: ReadonlyMap<number, number>;
  readonly reads: number;
  readonly killed: number;
}

interface Slot {
  readonly start: () => Promise<Telling>;
  /** Absent while its next process starts. */
  running: Telling | undefined;
}

/**
 * Writers and readers of one table, of which one after the other is killed with -9 at a random moment and replaced; in the
 * end all are. Throws when one ends by itself: a writer that was refused, a reader that saw half a row.
 */
export async function killAtRandom(path: string, options: KillOptions): Promise<KillReport> {
  const { writers, readers, for_ms, longestWait_ms, random } = options;
  const acknowledged = new Acknowledged();
  let reads = 0;
  const write = () => startTelling("session-writer.ts", path, acknowledged.hear);
  const read = () => startTelling("session-reader.ts", path, () => reads++);
  const started = async (start: () => Promise<Telling>, count: number) =>
    await Promise.all(
      Array.from({ length: count }, async () => ({ start, running: await start() })),
    );
  // The writers make the file that the readers open.
  const slots: Slot[] = [...(await started(write, writers)), ...(await started(read, readers))];
  const mostStarting = Math.floor(slots.length / 3);
  const starting = new Set<Promise<void>>();
  const until_ms = performance.now() + for_ms;
  let killed = 0;
  while (performance.now() < until_ms) {
    if (starting.size > mostStarting) await Promise.race(starting);
    await setTimeout(random.uniform() * longestWait_ms);
    const running = slots.filter((slot) => slot.running);
    const slot = running[random.below(running.length)];
    if (!slot?.running) throw new Error("Nobody to kill");
    await kill(slot.running);
    killed++;
    slot.running = undefined;
    const replacing: Promise<void> = slot.start().then((next) => {
      slot.running = next;
      starting.delete(replacing);
    });
    starting.add(replacing);
  }
  await Promise.all(starting);
  await Promise.all(slots.map(async ({ running }) => running && (await kill(running))));
  return { acknowledged: acknowledged.loads, reads, killed };
}
