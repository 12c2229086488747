import Database from "better-sqlite3";
import { UserError } from "../src/errors.ts";

/** Held while a table is open for writing. */
export interface WriterLock {
  release(): void;
}

/**
 * Lets one writer at a time into the table at `path`; readers are not kept out. The lock is an
 * exclusive transaction on a side file, so the system drops it when the process dies, however it dies.
 * The empty side file stays: removing it would let two writers lock two different files.
 */
export function lockForWriting(path: string): WriterLock {
  const side = new Database(`${path}-writer.lock`, { timeout: 0 });
  try {
    side.exec("begin exclusive");
  } catch (error) {
    side.close();
    if (!(error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")))
      throw error;
    throw new UserError(`Energy table ${path} is being written by another process`, {
      hint: "Wait until it ends or stop it, or give another file with --db. Reading works meanwhile.",
      cause: error,
    });
  }
  return { release: () => side.close() };
}
