import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { checkTable, type EnergyTable, openTable } from "../../energy-db/index.ts";
import { seededRandom } from "../../src/random.ts";
import { killAtRandom } from "./kills.ts";
import { afterPowerCut, filesAtOneMoment, writeFiles } from "./power-cut.ts";
import { storedLoads } from "./stored-loads.ts";
import { Acknowledged, kill, startTelling } from "./telling.ts";
import { temporaryFolder } from "./temporary.ts";

test("writers and readers killed at random lose nothing, double nothing, and leave a sound file", async () => {
  const path = join(temporaryFolder(), "energy.db");

  const { acknowledged, reads } = await killAtRandom(path, {
    writers: 2,
    readers: 2,
    for_ms: 3000,
    longestWait_ms: 100,
    random: seededRandom(1),
  });

  const table = openTable(path, { mode: "write" });
  table.integrity();
  const stored = storedLoads(table);
  const counted = table.findPlatform({ device: "local" }).networkMeasurements;
  table.close();
  expectKept(stored, acknowledged);
  expect(counted).toBe([...stored.values()].reduce((sum, loads) => sum + loads, 0));
  expect(reads).toBeGreaterThan(0);
});

test("what a power cut leaves opens, is sound, holds all that was stored before, and passes the checks", async () => {
  const path = join(temporaryFolder(), "energy.db");
  const random = seededRandom(2);
  const acknowledged = new Acknowledged();
  const writers = await Promise.all(
    [1, 2].map(() => startTelling("session-writer.ts", path, acknowledged.hear)),
  );
  const cuts = [];
  try {
    let earlier = filesAtOneMoment(path, writers);
    for (let cut = 0; cut < 5; cut++) {
      const before = new Map(acknowledged.loads);
      await setTimeout(random.uniform() * 30);
      const later = filesAtOneMoment(path, writers);
      cuts.push({ before, left: afterPowerCut(earlier, later, random) });
      earlier = later;
    }
  } finally {
    await Promise.all(writers.map(kill));
  }

  for (const cut of cuts) {
    const { before, left } = cut;
    const copy = join(temporaryFolder(), "energy.db");
    writeFiles(copy, left);
    const table = openTable(copy, { mode: "read" });
    table.integrity();
    expectKept(storedLoads(table), before);
    // Once is enough: what is read is the same, and checks fit costs.
    if (cut === cuts.at(-1)) expect(errorsIn(table)).toEqual([]);
    table.close();
  }
});

const errorsIn = (table: EnergyTable) =>
  table
    .platforms()
    .flatMap(({ id }) => checkTable(table, id))
    .filter(({ severity }) => severity === "error");

/** A kill may come after a commit and before its line is read: more than acknowledged may be stored, never less. */
function expectKept(
  stored: ReadonlyMap<number, number>,
  acknowledged: ReadonlyMap<number, number>,
): void {
  for (const [session, loads] of acknowledged)
    expect(stored.get(session) ?? 0, `session ${session}`).toBeGreaterThanOrEqual(loads);
}
