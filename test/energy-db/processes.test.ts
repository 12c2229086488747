import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type EnergyTable, openTable } from "../../energy-db/index.ts";
import { killedOnce } from "./child.ts";
import { temporaryFolder } from "./temporary.ts";

const version1 = fileURLToPath(new URL("./fixtures/version-1.db", import.meta.url));

/** Widths of the first layers stored, by session. */
function widthsBySession(table: EnergyTable): readonly (readonly number[])[] {
  const { id } = table.findPlatform({ device: "local" });
  return table
    .sessions(id)
    .map((session) =>
      table
        .networkMeasurements(id, { sessionId: session.id })
        .map(({ network: { layers } }) => (layers[0]?.kind === "conv2d" ? layers[0].width : 0)),
    );
}

const consecutiveFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => first + i);

const writeUntil = async (path: string, last: number) =>
  Number(await killedOnce("crashing-writer.ts", [path], (line) => Number(line) >= last));

describe("a writer killed with -9", () => {
  test("leaves every stored measurement, a sound file and a free lock, five times over", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "sub"));
    const path = join(folder, "sub", "energy.db");
    let stored = 0;
    for (const more of [1, 4, 9, 2, 6]) {
      const acknowledged = await writeUntil(path, stored + more);

      const table = openTable(path, { mode: "write" });
      table.integrity();
      const widths = widthsBySession(table).flat();
      table.close();

      // The kill may come after a commit and before its line is read: one row more than acknowledged.
      expect(widths.length).toBeGreaterThanOrEqual(acknowledged);
      expect(widths).toEqual(consecutiveFrom(1, widths.length));
      stored = widths.length;
    }
  });
});

describe("two writers of one file", () => {
  test("create it together, both go on, and lose nothing when killed", async () => {
    for (const _ of [1, 2]) {
      const path = join(temporaryFolder(), "energy.db");

      const last = await Promise.all([writeUntil(path, 60), writeUntil(path, 60)]);

      const table = openTable(path, { mode: "read" });
      table.integrity();
      const sessions = widthsBySession(table);
      const counted = table.findPlatform({ device: "local" }).networkMeasurements;
      table.close();
      expect(sessions).toHaveLength(2);
      for (const widths of sessions)
        expect(widths).toEqual(consecutiveFrom(widths[0] ?? 0, widths.length));
      const ends = sessions.map((widths) => widths.at(-1) ?? 0).sort((a, b) => a - b);
      for (const [i, end] of ends.entries())
        expect(end).toBeGreaterThanOrEqual(last.toSorted((a, b) => a - b)[i] ?? 0);
      expect(counted).toBe(sessions.flat().length);
    }
  });
});

test("two processes upgrade a table together, with one copy of the old one", async () => {
  const path = join(temporaryFolder(), "energy.db");
  copyFileSync(version1, path);
  writeFileSync(`${path}-writer.lock`, "");
  const upgraded = () => killedOnce("upgrading-writer.ts", [path], () => false);

  expect(await Promise.all([upgraded(), upgraded()])).toEqual(["upgraded", "upgraded"]);

  expect(readdirSync(dirname(path)).filter((name) => name.endsWith(".bak"))).toEqual([
    "energy.db.v1.bak",
  ]);
});

describe("an upgrade killed with -9", () => {
  test("leaves the old table or the new one, with all rows", async () => {
    const path = join(temporaryFolder(), "energy.db");
    copyFileSync(version1, path);
    for (const round of [1, 2, 3]) {
      await killedOnce("upgrading-writer.ts", [path], (line) => line === "upgrading");

      const table = openTable(path, { mode: "read" });
      table.integrity();
      const [platform] = table.platforms();
      table.close();
      expect(platform, `round ${round}`).toMatchObject({
        networkMeasurements: 14,
        measurements: 96,
      });
    }
  });
});
