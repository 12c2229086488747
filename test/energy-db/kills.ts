import { setTimeout } from "node:timers/promises";
import type { Random } from "../../src/random.ts";
import { Acknowledged, kill, startTelling, type Telling } from "./telling.ts";

export interface KillOptions {
  readonly writers: number;
  readonly readers: number;
  /** How long processes are killed, one after the other, and each is replaced, ms. */
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
  const slots = [...(await started(write, writers)), ...(await started(read, readers))];
  const until_ms = performance.now() + for_ms;
  let killed = 0;
  for (; performance.now() < until_ms; killed++) {
    await setTimeout(random.uniform() * longestWait_ms);
    const slot = slots[random.below(slots.length)];
    if (!slot) throw new Error("Nobody to kill");
    await kill(slot.running);
    slot.running = await slot.start();
  }
  await Promise.all(slots.map(({ running }) => kill(running)));
  return { acknowledged: acknowledged.loads, reads, killed };
}
