import type { Database } from "better-sqlite3";
import { statement } from "./statements.ts";

/** Keeps a decision that a resumed session must repeat; `document` is stored as JSON. */
export function storePlan(
  database: Database,
  platformId: number,
  name: string,
  document: unknown,
): void {
  statement<[number, string, string]>(
    database,
    "insert or replace into plans (platform_id, name, document) values (?, ?, ?)",
  ).run(platformId, name, JSON.stringify(document));
}

/** The stored decision, parsed but unchecked; undefined when there is none. */
export function readPlan(database: Database, platformId: number, name: string): unknown {
  const document = statement<[number, string], string>(
    database,
    "select document from plans where platform_id = ? and name = ?",
  )
    .pluck()
    .get(platformId, name);
  return document === undefined ? undefined : JSON.parse(document);
}
