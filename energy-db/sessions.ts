import type { Database } from "better-sqlite3";
import { present } from "./present.ts";
import { readRails, storeRails } from "./rails.ts";
import type {
  SessionConditions,
  SessionInstruments,
  SessionMeter,
  SessionSettings,
} from "./records.ts";
import { statement } from "./statements.ts";

/** A session as stored; `finishedAt` and `outcome` are absent while it runs and after a crash. */
export interface StoredSession extends SessionSettings {
  readonly id: number;
  readonly instruments: SessionInstruments;
  readonly finishedAt?: string;
  readonly outcome?: string;
}

export function insertSession(
  database: Database,
  platformId: number,
  { source, ...session }: SessionSettings,
): number {
  const { lastInsertRowid } = statement<object>(
    database,
    `insert into sessions (platform_id, kind, protocol, space, tool_version, seed, started_at, settings,
       source_uri, source_format, source_sha256, source_licence)
     values (@platformId, @kind, @protocol, @space, @toolVersion, @seed, @startedAt, @settings,
       @uri, @format, @sha256, @licence)`,
  ).run({
    ...session,
    platformId,
    settings: JSON.stringify(session.settings),
    uri: source?.uri ?? null,
    format: source?.format ?? null,
    sha256: source?.sha256 ?? null,
    licence: source?.licence ?? null,
  });
  return Number(lastInsertRowid);
}

/** Stores what is given and keeps the rest. */
export function updateInstruments(
  database: Database,
  sessionId: number,
  { canary, recording, clock, meter, conditions }: SessionInstruments,
): void {
  const values: Partial<InstrumentColumns> = {
    ...(canary && {
      canary_s: canary.latency_s,
      canary_low_s: canary.low_s,
      canary_high_s: canary.high_s,
    }),
    ...(recording && {
      recording_s: recording.time_s,
      recording_low_s: recording.low_s,
      recording_high_s: recording.high_s,
    }),
    ...(clock && {
      clock_offset_s: clock.offset_s,
      clock_bound_s: clock.bound_s,
      clock_step_s: clock.step_s,
    }),
    ...(meter && {
      meter: meter.id,
      meter_quality: meter.quality,
      meter_update_period_s: meter.updatePeriod_s,
    }),
    ...(conditions && { conditions: JSON.stringify(conditions) }),
  };
  const columns = Object.keys(values);
  if (columns.length === 0) return;
  database
    .transaction(() => {
      statement<object>(
        database,
        `update sessions set ${columns.map((column) => `${column} = @${column}`).join(", ")} where id = @id`,
      ).run({ ...values, id: sessionId });
      if (meter) storeRails(database, sessionId, meter.rails);
    })
    .immediate();
}

export function closeSession(
  database: Database,
  sessionId: number,
  finishedAt: string,
  outcome: string,
): void {
  statement<[string, string, number]>(
    database,
    "update sessions set finished_at = ?, outcome = ? where id = ?",
  ).run(finishedAt, outcome, sessionId);
}

/** Sessions on a platform, oldest first. */
export function listSessions(database: Database, platformId: number): readonly StoredSession[] {
  return statement<[number], SessionRow>(
    database,
    "select * from sessions where platform_id = ? order by id",
  )
    .all(platformId)
    .map((row) => ({
      id: row.id,
      kind: row.kind,
      space: row.space,
      toolVersion: row.tool_version,
      protocol: row.protocol,
      seed: row.seed,
      startedAt: row.started_at,
      settings: JSON.parse(row.settings) as SessionSettings["settings"],
      ...sourceOf(row),
      instruments: instrumentsOf(row, row.meter === null ? [] : readRails(database, row.id)),
      ...present("finishedAt", row.finished_at),
      ...present("outcome", row.outcome),
    }));
}

function sourceOf(row: SessionRow): Pick<SessionSettings, "source"> {
  const { source_uri: uri, source_format: format, source_sha256: sha256 } = row;
  if (uri === null || sha256 === null) return {};
  return {
    source: { uri, format: format ?? "", sha256, ...present("licence", row.source_licence) },
  };
}

function instrumentsOf(row: SessionRow, rails: SessionMeter["rails"]): SessionInstruments {
  return {
    ...(row.canary_s === null
      ? {}
      : {
          canary: {
            latency_s: row.canary_s,
            low_s: row.canary_low_s ?? row.canary_s,
            high_s: row.canary_high_s ?? row.canary_s,
          },
        }),
    ...(row.recording_s === null
      ? {}
      : {
          recording: {
            time_s: row.recording_s,
            low_s: row.recording_low_s ?? row.recording_s,
            high_s: row.recording_high_s ?? row.recording_s,
          },
        }),
    ...(row.clock_offset_s === null
      ? {}
      : {
          clock: {
            offset_s: row.clock_offset_s,
            bound_s: row.clock_bound_s ?? Number.POSITIVE_INFINITY,
            step_s: row.clock_step_s ?? 0,
          },
        }),
    ...(row.meter === null || row.meter_quality === null
      ? {}
      : {
          meter: {
            id: row.meter,
            quality: row.meter_quality,
            updatePeriod_s: row.meter_update_period_s ?? 0,
            rails,
          },
        }),
    ...conditionsOf(row),
  };
}

const conditionsOf = ({ conditions }: SessionRow): Pick<SessionInstruments, "conditions"> =>
  conditions === null ? {} : { conditions: JSON.parse(conditions) as SessionConditions };

interface InstrumentColumns {
  readonly canary_s: number | null;
  readonly canary_low_s: number | null;
  readonly canary_high_s: number | null;
  readonly recording_s: number | null;
  readonly recording_low_s: number | null;
  readonly recording_high_s: number | null;
  readonly clock_offset_s: number | null;
  readonly clock_bound_s: number | null;
  readonly clock_step_s: number | null;
  readonly meter: string | null;
  readonly meter_quality: SessionMeter["quality"] | null;
  readonly meter_update_period_s: number | null;
  readonly conditions: string | null;
}

interface SessionRow extends InstrumentColumns {
  readonly id: number;
  readonly kind: SessionSettings["kind"];
  readonly protocol: number;
  readonly space: string;
  readonly tool_version: string;
  readonly seed: number;
  readonly started_at: string;
  readonly settings: string;
  readonly source_uri: string | null;
  readonly source_format: string | null;
  readonly source_sha256: string | null;
  readonly source_licence: string | null;
  readonly finished_at: string | null;
  readonly outcome: string | null;
}

/** How far a session is: what its space plans, what is measured of that by now, and what the session itself did. */
export interface SessionProgress {
  /** Networks of the space, and those with a load that may be used. */
  readonly planned: number;
  readonly measured: number;
  /** Loads of this session, those among them that the machine disturbed, and the time of the last one (ISO 8601). */
  readonly loads: number;
  readonly drifted: number;
  readonly lastAt?: string;
}

export function readProgress(database: Database, sessionId: number): SessionProgress | undefined {
  const row = statement<[number], SessionProgress & { readonly lastAt: string | null }>(
    database,
    `with session as (select * from sessions where id = ?)
     select
       (select count(*) from space_networks b, session s
         where b.platform_id = s.platform_id and b.space = s.space) as planned,
       (select count(*) from space_networks b, session s
         where b.platform_id = s.platform_id and b.space = s.space and exists (
           select 1 from network_measurements n where n.platform_id = b.platform_id
             and n.network_id = b.network_id and n.role = b.role and n.batch = b.batch
             and not exists (select 1 from json_each(n.flags) where value in ('drift', 'superseded')))) as measured,
       (select count(*) from network_measurements n, session s where n.session_id = s.id) as loads,
       (select count(*) from network_measurements n, session s where n.session_id = s.id
         and exists (select 1 from json_each(n.flags) where value = 'drift')) as drifted,
       (select max(measured_at) from network_measurements n, session s where n.session_id = s.id) as lastAt
     from session`,
  ).get(sessionId);
  if (!row) return undefined;
  const { lastAt, ...counts } = row;
  return { ...counts, ...present("lastAt", lastAt) };
}
