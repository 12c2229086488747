import type { Database } from "better-sqlite3";
import { statement } from "./statements.ts";

/** The id of the row with this key, which is there. */
export function idOf(database: Database, table: "networks" | "kernels", key: string): number {
  const id = statement<[string], number>(database, `select id from ${table} where key = ?`)
    .pluck()
    .get(key);
  if (id === undefined) throw new Error(`No row for ${key} just after storing it`);
  return id;
}
