import Database from "better-sqlite3";
import { migrate } from "./migrate.ts";
import { migrations } from "./schema.ts";

/** A table or view as a new database has it, with the comments that stand in its definition. */
export interface SchemaEntry {
  readonly name: string;
  readonly kind: "table" | "view";
  readonly comment: string;
  readonly columns: readonly SchemaColumn[];
}

export interface SchemaColumn {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** What it refers to, as "table (column)"; absent for plain columns. */
  readonly refersTo?: string;
  /** Empty for columns of views, which are those of their tables. */
  readonly comment: string;
}

/** The version of the schema and everything in it, read back from an empty database. */
export function describeSchema(): {
  readonly version: number;
  readonly entries: readonly SchemaEntry[];
} {
  const database = new Database(":memory:");
  try {
    migrate(database);
    const entries = database
      .prepare<[], { name: string; type: "table" | "view"; sql: string }>(
        `select name, type, sql from sqlite_master
         where type in ('table', 'view') and name not like 'sqlite_%' order by rowid`,
      )
      .all()
      .map(({ name, type, sql }) => ({
        name,
        kind: type,
        comment: /^\s+-- (.*)$/m.exec(sql)?.[1] ?? "",
        columns: columnsOf(database, name, sql),
      }));
    return { version: migrations.length, entries };
  } finally {
    database.close();
  }
}

function columnsOf(database: Database.Database, table: string, sql: string): SchemaColumn[] {
  const references = new Map(
    database
      .prepare<[string], { from: string; table: string; to: string }>(
        `select "from", "table", "to" from pragma_foreign_key_list(?)`,
      )
      .all(table)
      .map((key) => [key.from, `${key.table} (${key.to})`]),
  );
  return database
    .prepare<[string], { name: string; type: string; notnull: number; pk: number }>(
      `select name, type, "notnull", pk from pragma_table_info(?)`,
    )
    .all(table)
    .map(({ name, type, notnull, pk }) => {
      const refersTo = references.get(name);
      return {
        name,
        type: type.toLowerCase(),
        required: notnull === 1 || pk > 0,
        ...(refersTo === undefined ? {} : { refersTo }),
        comment: columnComment(sql, name),
      };
    });
}

/** Behind a column's line, or in slashes where an upgrade added the column, of which SQLite keeps the statement alone. */
const columnComment = (sql: string, name: string): string =>
  new RegExp(`^\\s+${name} .*-- (.*)$`, "m").exec(sql)?.[1] ??
  new RegExp(`\\b${name} [^,]*?/\\* (.*?) \\*/`).exec(sql)?.[1] ??
  "";
