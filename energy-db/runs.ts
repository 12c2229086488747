import type { Database } from "better-sqlite3";
import type { RunSettings } from "./records.ts";

/** A run as stored; `finishedAt` and `outcome` are absent while it runs and after a crash. */
export interface StoredRun extends RunSettings {
  readonly id: number;
  readonly finishedAt?: string;
  readonly outcome?: string;
}

export function insertRun(database: Database, platformId: number, run: RunSettings): number {
  const { lastInsertRowid } = database
    .prepare(
      `insert into runs (platform_id, space, tool_version, seed, started_at, settings)
       values (@platformId, @space, @toolVersion, @seed, @startedAt, @settings)`,
    )
    .run({ ...run, platformId, settings: JSON.stringify(run.settings) });
  return Number(lastInsertRowid);
}

export function closeRun(
  database: Database,
  runId: number,
  finishedAt: string,
  outcome: string,
): void {
  database
    .prepare("update runs set finished_at = ?, outcome = ? where id = ?")
    .run(finishedAt, outcome, runId);
}

/** Runs on a platform, oldest first. */
export function listRuns(database: Database, platformId: number): readonly StoredRun[] {
  return database
    .prepare<[number], RunRow>("select * from runs where platform_id = ? order by id")
    .all(platformId)
    .map((row) => ({
      id: row.id,
      space: row.space,
      toolVersion: row.tool_version,
      seed: row.seed,
      startedAt: row.started_at,
      settings: JSON.parse(row.settings) as RunSettings["settings"],
      ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
      ...(row.outcome === null ? {} : { outcome: row.outcome }),
    }));
}

/** Keeps a decision that a resumed run must repeat; `document` is stored as JSON. */
export function storePlan(
  database: Database,
  platformId: number,
  name: string,
  document: unknown,
): void {
  database
    .prepare("insert or replace into plans (platform_id, name, document) values (?, ?, ?)")
    .run(platformId, name, JSON.stringify(document));
}

/** The stored decision, parsed but unchecked; undefined when there is none. */
export function readPlan(database: Database, platformId: number, name: string): unknown {
  const document = database
    .prepare<[number, string], string>(
      "select document from plans where platform_id = ? and name = ?",
    )
    .pluck()
    .get(platformId, name);
  return document === undefined ? undefined : JSON.parse(document);
}

interface RunRow {
  readonly id: number;
  readonly space: string;
  readonly tool_version: string;
  readonly seed: number;
  readonly started_at: string;
  readonly settings: string;
  readonly finished_at: string | null;
  readonly outcome: string | null;
}
