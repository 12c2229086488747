import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { databasePage } from "../../docs/database.ts";
import { describeSchema } from "../../energy-db/index.ts";
import { freshTable } from "./temporary.ts";

test("every table, view and column of the schema has a comment", () => {
  const { entries } = describeSchema();

  const bare = entries.flatMap(({ name, kind, comment, columns }) => [
    ...(comment === "" ? [name] : []),
    ...columns
      .filter((column) => kind === "table" && column.comment === "")
      .map((column) => `${name}.${column.name}`),
  ]);

  expect(bare).toEqual([]);
  expect(entries.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["measurements", "v_cost"]),
  );
});

test("the SQL examples of the page run on a table", () => {
  const table = freshTable();
  table.close();
  const database = new Database(table.path, { readonly: true });
  const [, sql = ""] = /```sql\n([^`]+)```/.exec(databasePage()) ?? [];

  const statements = sql.split(";").filter((statement) => statement.trim() !== "");

  expect(statements).toHaveLength(5);
  for (const statement of statements) expect(database.prepare(statement).all()).toEqual([]);
  database.close();
});
