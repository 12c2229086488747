import type { Database } from "better-sqlite3";
import { present } from "./present.ts";
import type { Rail } from "./records.ts";
import { statement } from "./statements.ts";

/** Replaces the rails of the session's meter. */
export function storeRails(database: Database, sessionId: number, rails: readonly Rail[]): void {
  statement<[number]>(database, "delete from rails where session_id = ?").run(sessionId);
  for (const [position, rail] of rails.entries())
    statement<object>(
      database,
      `insert into rails (session_id, position, id, label, domain, kind, counted, includes, wrap_j, max_power_w)
       values (@sessionId, @position, @id, @label, @domain, @kind, @counted, @includes, @wrap_j, @maxPower_w)`,
    ).run({
      sessionId,
      position,
      id: rail.id,
      label: rail.label,
      domain: rail.domain,
      kind: rail.kind,
      counted: rail.counted ? 1 : 0,
      includes: JSON.stringify(rail.includes ?? []),
      wrap_j: rail.wrap_j ?? null,
      maxPower_w: rail.maxPower_w,
    });
}

/** Rails of a session in the meter's order. */
export function readRails(database: Database, sessionId: number): readonly Rail[] {
  return statement<[number], RailRow>(
    database,
    "select * from rails where session_id = ? order by position",
  )
    .all(sessionId)
    .map((row) => {
      const includes = JSON.parse(row.includes) as readonly string[];
      return {
        id: row.id,
        label: row.label,
        domain: row.domain,
        kind: row.kind,
        counted: row.counted === 1,
        ...(includes.length > 0 ? { includes } : {}),
        ...present("wrap_j", row.wrap_j),
        maxPower_w: row.max_power_w,
      };
    });
}

interface RailRow {
  readonly id: string;
  readonly label: string;
  readonly domain: string;
  readonly kind: Rail["kind"];
  readonly counted: 0 | 1;
  readonly includes: string;
  readonly wrap_j: number | null;
  readonly max_power_w: number;
}
