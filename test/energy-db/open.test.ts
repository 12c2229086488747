import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { openTable } from "../../energy-db/index.ts";
import { migrate } from "../../energy-db/migrate.ts";
import { UserError } from "../../src/errors.ts";
import { chain, identity, measuredNetwork, sessionSettings } from "./example-rows.ts";
import { freshTable, temporaryFolder } from "./temporary.ts";

/** What opening the file says, or checking it too, with its next step. */
function complaint(
  path: string,
  { check = false, ...options }: Parameters<typeof openTable>[1] & { readonly check?: boolean } = {
    mode: "read",
  },
) {
  try {
    const table = openTable(path, options);
    try {
      if (check) table.integrity();
    } finally {
      table.close();
    }
  } catch (error) {
    if (error instanceof UserError) return `${error.message} | ${error.hint}`;
    throw error;
  }
  return "opened";
}

/** What reading every row says. */
function reading(path: string): string {
  try {
    const table = openTable(path, { mode: "read" });
    try {
      for (const { id } of table.platforms()) table.networkMeasurements(id);
    } finally {
      table.close();
    }
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "read";
}

function filledTable(): string {
  const table = freshTable();
  const platform = table.ensurePlatform(identity, {});
  const session = table.startSession(platform.id, sessionSettings);
  for (let width = 1; width <= 30; width++)
    table.addNetworkMeasurement(
      platform.id,
      session,
      measuredNetwork(chain(width, 8), () => 1e-5),
    );
  table.close();
  return table.path;
}

describe("opening an energy table", () => {
  test("leaves one file in WAL mode with the version and application id of ours", () => {
    const path = filledTable();

    const plain = new Database(path);

    expect(plain.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(plain.pragma("user_version", { simple: true })).toBe(7);
    expect(plain.pragma("application_id", { simple: true })).toBe(0x7773706c);
    expect(plain.prepare("select count(*) from v_cost").pluck().get()).toBe(60);
    plain.close();
  });

  test("says where to get a table when there is none, and creates none by reading", () => {
    const path = join(temporaryFolder(), "none.db");

    expect(complaint(path)).toMatch(
      /^No energy table at .*none.db \| Build one with: wattsplit profile/,
    );
    expect(complaint(path, { mode: "write" })).toMatch(/^No energy table/);
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("refuses a folder, a missing folder and a folder that cannot be written", () => {
    const folder = temporaryFolder();
    const create = { mode: "write", create: true } as const;

    expect(complaint(folder)).toMatch(/is a folder; expected a file/);
    expect(complaint(join(folder, "missing", "energy.db"), create)).toMatch(/mkdir -p .*missing/);
    expect(complaint("/proc/energy.db", create)).toMatch(
      /cannot be opened: .* \| Allow writing in \/proc/,
    );
  });

  test("reads an empty file as a table without rows and leaves it empty", () => {
    const path = join(temporaryFolder(), "empty.db");
    writeFileSync(path, "");

    const table = openTable(path, { mode: "read" });

    expect(table.platforms()).toEqual([]);
    table.close();
    expect(statSync(path).size).toBe(0);
  });

  test("refuses a file that is no database", () => {
    const path = join(temporaryFolder(), "notes.db");
    writeFileSync(path, "width,latency\n".repeat(100));

    expect(complaint(path)).toMatch(/no SQLite database/);
    expect(complaint(path, { mode: "write" })).toMatch(/no SQLite database/);
    expect(readFileSync(path, "utf8")).toMatch(/^width,latency/);
  });

  test("refuses another program's database and leaves it alone", () => {
    const path = join(temporaryFolder(), "foreign.db");
    const foreign = new Database(path);
    foreign.exec("create table songs (title text)");
    foreign.close();

    expect(complaint(path, { mode: "write" })).toMatch(/another program, not an energy table/);
    expect(statSync(`${path}-writer.lock`, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("refuses a table of a newer version", () => {
    const path = filledTable();
    const plain = new Database(path);
    plain.pragma("user_version = 99");
    plain.close();

    expect(complaint(path)).toMatch(
      /schema version 99; this wattsplit knows 7 \| Upgrade wattsplit/,
    );
    expect(complaint(path, { mode: "write" })).toMatch(/schema version 99/);
  });

  test("says that a table is damaged where reading or checking meets the damage", () => {
    for (const page of [2, 5, 12, 40]) {
      const path = filledTable();
      const file = openSync(path, "r+");
      writeSync(file, Buffer.alloc(4096, 0xab), 0, 4096, page * 4096);
      closeSync(file);

      expect(complaint(path, { mode: "read", check: true })).toMatch(
        /is damaged: .* \| Restore a copy, or save what can be read/,
      );
    }
  });

  test("refuses a table that was cut short", () => {
    const path = filledTable();
    writeFileSync(path, readFileSync(path).subarray(0, 20_000));

    expect(complaint(path)).toMatch(/is damaged/);
  });

  test("refuses rows that refer to nothing", () => {
    const path = filledTable();
    const plain = new Database(path);
    plain.pragma("foreign_keys = off");
    plain.exec("delete from networks where id = 3");
    plain.close();

    expect(complaint(path, { mode: "read", check: true })).toMatch(
      /a row refers to a row that does not exist/,
    );
  });

  test("reads where the write-ahead log's own files cannot be made, as on read-only media", () => {
    const path = filledTable();
    // The names of those files would be longer than a file system allows.
    const long = join(temporaryFolder(), `${"e".repeat(252)}.db`);
    copyFileSync(path, long);

    const table = openTable(long, { mode: "read" });
    expect(table.networkMeasurements(1)).toHaveLength(30);
    table.integrity();
    table.close();
    expect(complaint(long, { mode: "write" })).toMatch(/cannot be opened: .* \| Allow writing in/);
  });

  test("refuses to read without rows that are still in a write-ahead log it cannot open", () => {
    const path = filledTable();
    mkdirSync(`${path}-wal/rows`, { recursive: true });

    expect(complaint(path)).toMatch(/its last rows are still in .*-wal \| Copy .*energy.db/);
  });

  test("says so when reading meets a damaged page", () => {
    const path = filledTable();
    const bytes = readFileSync(path);
    const said = new Set<string>();
    for (let page = 1; page < bytes.length / 4096; page++) {
      const damaged = join(temporaryFolder(), "energy.db");
      writeFileSync(damaged, Buffer.from(bytes).fill(0xab, page * 4096, (page + 1) * 4096));
      said.add(reading(damaged).replace(/ .*/, ""));
    }

    expect(said).toEqual(new Set(["Energy", "read"]));
  });

  test("brings an older version up to date step by step and only once", () => {
    const plain = new Database(":memory:");
    const steps = ["create table a (x int) strict", "alter table a add column y int"];

    migrate(plain, { steps: steps.slice(0, 1) });
    migrate(plain, { steps });
    migrate(plain, { steps });

    expect(plain.pragma("user_version", { simple: true })).toBe(2);
    expect(plain.prepare("select count(*) from pragma_table_info('a')").pluck().get()).toBe(2);
    plain.close();
  });

  test("takes back a migration that fails", () => {
    const plain = new Database(":memory:");

    expect(() =>
      migrate(plain, { steps: ["create table a (x int) strict; create nonsense"] }),
    ).toThrow();

    expect(plain.pragma("user_version", { simple: true })).toBe(0);
    expect(plain.prepare("select count(*) from sqlite_master").pluck().get()).toBe(0);
    plain.close();
  });
});
