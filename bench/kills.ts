import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openTable } from "../energy-db/index.ts";
import { seededRandom } from "../src/random.ts";
import { killAtRandom } from "../test/energy-db/kills.ts";
import { afterPowerCut, filesAtOneMoment, writeFiles } from "../test/energy-db/power-cut.ts";
import { storedLoads } from "../test/energy-db/stored-loads.ts";
import { Acknowledged, kill, startTelling } from "../test/energy-db/telling.ts";
import { setup as buildOnce } from "../test/support/build-once.ts";

/**
 * `npm run bench -- kills [SECONDS] [CUTS]`: 4 writers and 8 readers of one table, killed with -9 one after the other for so
 * long; then so many power cuts under 2 writers. Throws where a load is lost, doubled, in part, or the file unsound.
 */
export async function run([seconds = "60", cuts = "200"]: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kills-"));
  const removeBuild = await buildOnce();
  try {
    await kills(join(folder, "killed.db"), 1000 * Number(seconds));
    await powerCuts(folder, Number(cuts));
  } finally {
    removeBuild?.();
    rmSync(folder, { recursive: true });
  }
}

async function kills(path: string, for_ms: number): Promise<void> {
  const { acknowledged, reads, killed } = await killAtRandom(path, {
    writers: 4,
    readers: 8,
    for_ms,
    longestWait_ms: 500,
    random: seededRandom(1),
  });
  const stored = soundLoads(path, acknowledged);
  console.log(
    `4 writers and 8 readers for ${for_ms / 1000} s, ${killed} kills: ${stored} loads, ${acknowledged.size} sessions, ` +
      `${reads} reads; nothing lost, doubled or in part, integrity ok`,
  );
}

async function powerCuts(folder: string, count: number): Promise<void> {
  const path = join(folder, "cut.db");
  const random = seededRandom(2);
  const acknowledged = new Acknowledged();
  const writers = await Promise.all(
    [1, 2].map(() => startTelling("session-writer.ts", path, acknowledged.hear)),
  );
  try {
    let earlier = filesAtOneMoment(path, writers);
    for (let cut = 0; cut < count; cut++) {
      const before = new Map(acknowledged.loads);
      await setTimeout(random.uniform() * 50);
      const later = filesAtOneMoment(path, writers);
      const copy = join(folder, "copy.db");
      rmSync(`${copy}-shm`, { force: true });
      writeFiles(copy, afterPowerCut(earlier, later, random));
      soundLoads(copy, before);
      earlier = later;
    }
  } finally {
    await Promise.all(writers.map(kill));
  }
  console.log(
    `${count} power cuts: every copy opened, sound, with all that had been stored before`,
  );
}

/** How many loads there are; throws unless all that was acknowledged is there, once, in a sound file. */
function soundLoads(path: string, acknowledged: ReadonlyMap<number, number>): number {
  const table = openTable(path, { mode: "read" });
  try {
    table.integrity();
    const stored = storedLoads(table);
    for (const [session, loads] of acknowledged)
      if ((stored.get(session) ?? 0) < loads)
        throw new Error(
          `Session ${session} stored ${loads} loads, ${stored.get(session)} are left`,
        );
    return [...stored.values()].reduce((sum, loads) => sum + loads, 0);
  } finally {
    table.close();
  }
}
