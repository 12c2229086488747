import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { asUserError } from "../../energy-db/sqlite-errors.ts";
import { UserError } from "../../src/errors.ts";

const said = (code: string): string => {
  const error = asUserError(new Database.SqliteError("as SQLite says it", code), "/d/energy.db");
  return error instanceof UserError ? `${error.message} | ${error.hint}` : "passed through";
};

test("errors that a person can mend say what, where and what to do", () => {
  expect(said("SQLITE_FULL")).toMatch(/^No space left for .*energy\.db \| Free some space/);
  expect(said("SQLITE_BUSY")).toMatch(/stayed locked by another process for 10 s \| Wait until/);
  expect(said("SQLITE_BUSY_SNAPSHOT")).toMatch(/stayed locked/);
  expect(said("SQLITE_CORRUPT_VTAB")).toMatch(/is damaged: as SQLite says it \| Restore a copy/);
  expect(said("SQLITE_READONLY_DBMOVED")).toMatch(/cannot be opened: .* \| Allow writing in \/d,/);
  expect(said("SQLITE_IOERR_WRITE")).toMatch(/cannot be opened/);
  expect(said("SQLITE_NOTADB")).toMatch(/no SQLite database/);
});

test("errors of ours pass through", () => {
  expect(said("SQLITE_CONSTRAINT_UNIQUE")).toBe("passed through");
  const error = new TypeError("x is undefined");
  expect(asUserError(error, "/d/energy.db")).toBe(error);
});
