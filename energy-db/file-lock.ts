import { existsSync } from "node:fs";
import Database from "better-sqlite3";

/** A connection that nothing refers to is collected, and its lock with it. */
const held = new Set<Database.Database>();

/** Held until released, or until the process dies, however it dies. */
export interface FileLock {
  release(): void;
}

/**
 * Locks a side file by an exclusive transaction on it; undefined while another process holds it. The empty file
 * stays: removing it would let two processes lock two different files.
 */
export function tryLockFile(path: string): FileLock | undefined {
  // Without the flag that creates: systems refuse it for files of other users in shared folders.
  const side = new Database(path, { timeout: 0, fileMustExist: existsSync(path) });
  try {
    side.exec("begin exclusive");
  } catch (error) {
    side.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY"))
      return undefined;
    throw error;
  }
  held.add(side);
  return {
    release: () => {
      held.delete(side);
      side.close();
    },
  };
}
