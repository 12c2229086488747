import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { UserError } from "../src/errors.ts";

/** Raw parts that answers do without: the analysis cannot be redone from the copy. */
const rawTables = [
  "samples",
  "batches",
  "window_rails",
  "energy_windows",
  "meter_readings",
  "meter_records",
];

/**
 * Copies the table into a new file without raw samples, packed, without a write-ahead log, and read-only. The file appears when
 * it is whole. Throws a UserError where a file of that name is there already.
 */
export function publishTable(database: Database, path: string): void {
  if (existsSync(path))
    throw new UserError(`${path} is there already`, {
      hint: "Name another file, or remove this one first.",
      exit: "usage",
    });
  const unfinished = `${path}.part`;
  rmSync(unfinished, { force: true });
  try {
    database.prepare("vacuum into ?").run(unfinished);
    const copy = new SqliteDatabase(unfinished);
    try {
      for (const table of rawTables) copy.exec(`delete from ${table}`);
      copy.pragma("journal_mode = delete");
      copy.exec("analyze; vacuum");
    } finally {
      copy.close();
    }
    chmodSync(unfinished, 0o444);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
