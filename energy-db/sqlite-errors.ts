import { dirname } from "node:path";
import Database from "better-sqlite3";
import { UserError } from "../src/errors.ts";

/** What a person can do about SQLite's error; errors that nobody can mend from outside pass through. */
export function asUserError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code === "SQLITE_NOTADB")
    return new UserError(`${path} is not an energy table: it is no SQLite database`, {
      hint: "Give a table that `wattsplit profile` wrote, or a new file name.",
      exit: "usage",
      cause: error,
    });
  if (code.startsWith("SQLITE_CORRUPT")) return damaged(path, error.message, error);
  if (code.startsWith("SQLITE_BUSY"))
    return new UserError(
      `Energy table ${path} stayed locked by another process for ${busyTimeout_ms / 1000} s`,
      {
        hint: "Wait until that process is done with its import or upgrade, or stop it, and run again. Reading works meanwhile.",
        cause: error,
      },
    );
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|IOERR)/.test(code))
    return new UserError(
      `Energy table ${path} cannot be opened: ${error.message} (writing needs a folder that can be written)`,
      {
        hint: `Allow writing in ${dirname(path)}, or copy the table to a folder of your own.`,
        cause: error,
      },
    );
  if (code === "SQLITE_FULL")
    return new UserError(`No space left for energy table ${path}`, {
      hint: "Free some space on that disk and run again: finished measurements are kept.",
      cause: error,
    });
  return error;
}

/** How long a transaction waits for another process's. */
export const busyTimeout_ms = 10_000;

export const damaged = (path: string, problem: string, cause?: unknown): UserError =>
  new UserError(`Energy table ${path} is damaged: ${problem.replaceAll("\n", " ")}`, {
    hint: `Restore a copy, or save what can be read: sqlite3 ${path} ".recover" | sqlite3 rescued.db`,
    cause,
  });
