import type { Database, Statement } from "better-sqlite3";

const caches = new WeakMap<Database, Map<string, Statement>>();

/** The prepared statement of this text, made once per connection: compiling takes longer than most look-ups. */
export function statement<Parameters extends unknown[] | object, Row = unknown>(
  database: Database,
  sql: string,
): Parameters extends unknown[] ? Statement<Parameters, Row> : Statement<[Parameters], Row> {
  const cache = caches.get(database) ?? new Map<string, Statement>();
  caches.set(database, cache);
  const prepared = cache.get(sql) ?? database.prepare(sql);
  cache.set(sql, prepared);
  return prepared as ReturnType<typeof statement<Parameters, Row>>;
}
