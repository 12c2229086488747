import { statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { UserError } from "../src/errors.ts";
import { applicationId, migrations } from "./schema.ts";
import { lockForWriting, type WriterLock } from "./writer-lock.ts";

export type OpenMode = "read" | "write";

/**
 * Opens an energy table and proves it sound: WAL, foreign keys, our application id, a version we know,
 * intact pages. Throws a UserError where the file or folder does not allow it. With `create`, a missing
 * file becomes an empty table; an older one is migrated when opened for writing.
 */
export function openDatabase(
  path: string,
  { mode, create = false }: { readonly mode: OpenMode; readonly create?: boolean },
): OpenDatabase {
  requireFile(path, create && mode === "write");
  const database = connect(path, mode);
  let lock: WriterLock | undefined;
  const close = () => {
    database.close();
    lock?.release();
  };
  try {
    database.pragma("foreign_keys = on");
    requireEnergyTable(database, path);
    if (mode === "write") {
      lock = lockForWriting(path);
      prepareForWriting(database);
    }
    requireKnownVersion(database, path);
    requireIntact(database, path, "quick_check");
    return { database, close };
  } catch (error) {
    close();
    throw asUserError(error, path);
  }
}

/** A connection and, when it may write, the writer's lock; `close` gives up both. */
export interface OpenDatabase {
  readonly database: Database.Database;
  close(): void;
}

/** Full synchronous: a power cut on a board must not take finished measurements back. */
function prepareForWriting(database: Database.Database): void {
  if (versionOf(database) > migrations.length) return;
  database.pragma("journal_mode = wal");
  database.pragma("synchronous = full");
  migrate(database);
}

/** Applies the migrations a database lacks, each in one transaction. */
export function migrate(database: Database.Database, steps = migrations): void {
  const version = versionOf(database);
  for (const [i, step] of steps.entries()) {
    if (i < version) continue;
    database.transaction(() => {
      database.exec(step);
      database.pragma(`application_id = ${applicationId}`);
      database.pragma(`user_version = ${i + 1}`);
    })();
  }
}

/** Reads every page and every reference; throws a UserError that quotes what SQLite found. */
export function requireIntact(
  database: Database.Database,
  path: string,
  check: "quick_check" | "integrity_check",
): void {
  const problems = runCheck(database, path, check).filter((problem) => problem !== "ok");
  const orphans = database.prepare("select * from pragma_foreign_key_check limit 1").all();
  if (problems.length === 0 && orphans.length === 0) return;
  throw damaged(path, problems[0] ?? "a row refers to a row that does not exist");
}

function runCheck(database: Database.Database, path: string, check: string): readonly string[] {
  try {
    return database.prepare<[], string>(`select * from pragma_${check}`).pluck().all();
  } catch (error) {
    throw asUserError(error, path);
  }
}

function requireFile(path: string, mayCreate: boolean): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return;
  if (found)
    throw new UserError(`Energy table ${path} is a folder; expected a file`, {
      hint: "Give the path of a table file, for example --db energy.db.",
      exit: "usage",
    });
  if (mayCreate && statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) return;
  throw new UserError(
    mayCreate
      ? `Energy table ${path} cannot be created: its folder does not exist`
      : `No energy table at ${path}`,
    {
      hint: mayCreate
        ? `Create the folder first: mkdir -p ${dirname(path)}`
        : "Build one with: wattsplit profile --device local --net mnist-cnn --db FILE",
      exit: "usage",
    },
  );
}

function connect(path: string, mode: OpenMode): Database.Database {
  try {
    return new Database(path, { readonly: mode === "read", timeout: 5000 });
  } catch (error) {
    throw asUserError(error, path);
  }
}

/** An empty file is a table without rows yet; anything else must carry our application id. */
function requireEnergyTable(database: Database.Database, path: string): void {
  const tables = database.prepare<[], number>("select count(*) from sqlite_master").pluck().get();
  if (database.pragma("application_id", { simple: true }) === applicationId || tables === 0) return;
  throw new UserError(`${path} is an SQLite database of another program, not an energy table`, {
    hint: "Give a table that `wattsplit profile` or `wattsplit table import` wrote, or a new file name.",
    exit: "usage",
  });
}

function requireKnownVersion(database: Database.Database, path: string): void {
  const version = versionOf(database);
  if (version === migrations.length) return;
  const newer = version > migrations.length;
  throw new UserError(
    `Energy table ${path} has schema version ${version}; this wattsplit knows ${migrations.length}`,
    {
      hint: newer
        ? "Upgrade wattsplit, or use the version that wrote the table."
        : "Continue a profile run on it once: opening a table for writing brings it up to date.",
    },
  );
}

const versionOf = (database: Database.Database): number =>
  Number(database.pragma("user_version", { simple: true }));

/** What a person can do about SQLite's error; errors that nobody can mend from outside pass through. */
function asUserError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code === "SQLITE_NOTADB")
    return new UserError(`${path} is not an energy table: it is no SQLite database`, {
      hint: "Give a table that `wattsplit profile` wrote, or a new file name.",
      exit: "usage",
      cause: error,
    });
  if (code.startsWith("SQLITE_CORRUPT")) return damaged(path, error.message, error);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|IOERR)/.test(code))
    return new UserError(
      `Energy table ${path} cannot be opened: ${error.message} (its folder must be writable, also for reading)`,
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

const damaged = (path: string, problem: string, cause?: unknown): UserError =>
  new UserError(`Energy table ${path} is damaged: ${problem.replaceAll("\n", " ")}`, {
    hint: `Restore a copy, or save what can be read: sqlite3 ${path} ".recover" | sqlite3 rescued.db`,
    cause,
  });
