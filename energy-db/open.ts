import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { UserError } from "../src/errors.ts";
import { backUp } from "./backup.ts";
import { type FileLock, tryLockFile } from "./file-lock.ts";
import { migrate, versionOf } from "./migrate.ts";
import { applicationId, migrations } from "./schema.ts";
import { asUserError, busyTimeout_ms, damaged } from "./sqlite-errors.ts";

export type OpenMode = "read" | "write";

/**
 * Opens an energy table and proves its header ours: application id and a version we know. Throws a UserError where
 * the file or folder does not allow it. With `create`, a missing file becomes an empty table. An older one is
 * upgraded: in place, beside a backup, when opened for writing; in memory, the file unchanged, for reading.
 */
export function openDatabase(
  path: string,
  { mode, create = false }: { readonly mode: OpenMode; readonly create?: boolean },
): Database.Database {
  requireFile(path, create && mode === "write");
  try {
    return mode === "write" ? openForWriting(path) : openForReading(path);
  } catch (error) {
    throw asUserError(error, path);
  }
}

/** Full synchronous: a power cut on a board must not take finished measurements back. */
function openForWriting(path: string): Database.Database {
  const database = new Database(path, { timeout: busyTimeout_ms });
  return closingOnError(database, () => {
    requireEnergyTable(database, path);
    requireNoNewer(database, path);
    database.pragma("journal_mode = wal");
    database.pragma("synchronous = full");
    let oldWriters: FileLock | undefined;
    try {
      migrate(database, {
        beforeUpgrade: (version) => {
          oldWriters = lockOutOldWriters(path);
          backUp(database, path, version);
        },
      });
    } finally {
      oldWriters?.release();
    }
    return database;
  });
}

/** Programs that know version 1 only hold this lock as long as they have the table open for writing. */
function lockOutOldWriters(path: string): FileLock | undefined {
  const side = `${path}-writer.lock`;
  if (!existsSync(side)) return undefined;
  const lock = tryLockFile(side);
  if (lock) return lock;
  throw new UserError(
    `Energy table ${path} has schema version 1 and cannot be upgraded: an older wattsplit is writing it`,
    { hint: "Wait until that process ends or stop it, then run again. Reading works meanwhile." },
  );
}

function openForReading(path: string): Database.Database {
  const database = connectForReading(path);
  return closingOnError(database, () => {
    requireEnergyTable(database, path);
    requireNoNewer(database, path);
    if (versionOf(database) === migrations.length) return database;
    const copy = inMemory(database.serialize());
    database.close();
    migrate(copy);
    return copy;
  });
}

/** Where the write-ahead log's own files cannot be made, as on read-only media, the table is read into memory. */
function connectForReading(path: string): Database.Database {
  const database = new Database(path, { readonly: true, timeout: busyTimeout_ms });
  try {
    database.pragma("schema_version");
    return database;
  } catch (error) {
    database.close();
    const isFolders =
      error instanceof Database.SqliteError && /^SQLITE_(CANTOPEN|READONLY)/.test(error.code);
    if (!isFolders) throw error;
    return readWhole(path);
  }
}

/** Larger tables do not belong in memory twice. */
const largestInMemory_bytes = 2 ** 29;

function readWhole(path: string): Database.Database {
  const hint = `Copy ${path} and, if there is one, ${path}-wal to a folder that can be written, and read it there.`;
  const { size } = statSync(path);
  if (size > largestInMemory_bytes)
    throw new UserError(
      `Energy table ${path} lies in a folder that cannot be written and has ${size} bytes; expected ${largestInMemory_bytes} at most there`,
      { hint },
    );
  if (existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0)
    throw new UserError(
      `Energy table ${path} lies in a folder that cannot be written, and its last rows are still in ${path}-wal`,
      { hint },
    );
  return inMemory(readFileSync(path));
}

/** Bytes 18 and 19 of an SQLite file ask for a write-ahead log if they are 2; a database in memory has none. */
function inMemory(bytes: Buffer): Database.Database {
  const copy = Buffer.from(bytes);
  copy[18] = 1;
  copy[19] = 1;
  return new Database(copy);
}

function closingOnError<T>(database: Database.Database, work: () => T): T {
  try {
    return work();
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Reads every page and every reference; throws a UserError that quotes what SQLite found. */
export function requireIntact(
  database: Database.Database,
  path: string,
  check: "quick_check" | "integrity_check",
): void {
  const problems = database
    .prepare<[], string>(`select * from pragma_${check}`)
    .pluck()
    .all()
    .filter((problem) => problem !== "ok");
  const orphans = database.prepare("select * from pragma_foreign_key_check limit 1").all();
  if (problems.length === 0 && orphans.length === 0) return;
  throw damaged(path, problems[0] ?? "a row refers to a row that does not exist");
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

/** An empty file is a table without rows yet; anything else must carry our application id. */
function requireEnergyTable(database: Database.Database, path: string): void {
  const tables = database.prepare<[], number>("select count(*) from sqlite_master").pluck().get();
  if (database.pragma("application_id", { simple: true }) === applicationId || tables === 0) return;
  requireIntact(database, path, "quick_check");
  throw new UserError(`${path} is an SQLite database of another program, not an energy table`, {
    hint: "Give a table that `wattsplit profile` or `wattsplit table import` wrote, or a new file name.",
    exit: "usage",
  });
}

function requireNoNewer(database: Database.Database, path: string): void {
  const version = versionOf(database);
  if (version <= migrations.length) return;
  throw new UserError(
    `Energy table ${path} has schema version ${version}; this wattsplit knows ${migrations.length}`,
    { hint: "Upgrade wattsplit, or use the version that wrote the table." },
  );
}
