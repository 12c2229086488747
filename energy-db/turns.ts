import { existsSync } from "node:fs";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { busyTimeout_ms } from "./sqlite-errors.ts";

/** Between two looks whether it is this process's turn, ms: always the same, or whoever waits longest would look least often. */
const look_ms = 2;

/**
 * Turns at writing one file. SQLite's own lock is not fair: who has just written may write again while others sleep longer and
 * longer. So whoever wants to write first takes the lock of a side file and keeps it until it may write: nobody overtakes it, and
 * those behind it have equal chances. A process that dies loses its turn; without a side file there are none, and SQLite's lock alone counts.
 */
export class Turns {
  readonly #path: string;
  #side: Database | undefined;

  constructor(path: string) {
    this.#path = `${path}-turn`;
  }

  close(): void {
    this.#side?.close();
    this.#side = undefined;
  }

  /** Does the work in one transaction, whole or not at all. Throws SQLITE_BUSY where it was not its turn for too long. */
  write<T>(database: Database, work: () => T): T {
    if (database.inTransaction) return work();
    this.#begin(database);
    try {
      const result = work();
      database.exec("commit");
      return result;
    } catch (error) {
      if (database.inTransaction) database.exec("rollback");
      throw error;
    }
  }

  #begin(database: Database): void {
    const side = this.#open();
    if (side) waitFor(() => side.exec("begin exclusive"));
    try {
      database.exec("begin immediate");
    } finally {
      side?.exec("rollback");
    }
  }

  #open(): Database | undefined {
    try {
      this.#side ??= new SqliteDatabase(this.#path, {
        timeout: 0,
        fileMustExist: existsSync(this.#path),
      });
    } catch {
      // Another user's file: that user's table may still be ours to write.
    }
    return this.#side;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Tries until nobody else is in the way, for as long as SQLite would wait. */
function waitFor(attempt: () => void): void {
  const until_ms = performance.now() + busyTimeout_ms;
  for (;;)
    try {
      attempt();
      return;
    } catch (error) {
      const isBusy =
        error instanceof SqliteDatabase.SqliteError && error.code.startsWith("SQLITE_BUSY");
      if (!isBusy || performance.now() > until_ms) throw error;
      Atomics.wait(sleeper, 0, 0, look_ms);
    }
}
