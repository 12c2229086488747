import { gunzipSync, gzipSync } from "node:zlib";
import type { Database } from "better-sqlite3";
import { decodeSamples, encodeSamples } from "./blobs.ts";
import { groupBy } from "./group-by.ts";
import type { LoggedTrace, LoggedWindow, MeterLog, MeterReading } from "./meter-log-records.ts";
import { present } from "./present.ts";
import { statement } from "./statements.ts";

/** Stores a stretch of metering with its raw readings, as the session's next. */
export function insertMeterLog(
  database: Database,
  sessionId: number,
  { windows, readings }: Pick<MeterLog, "windows" | "readings">,
): void {
  database
    .transaction(() => {
      const { lastInsertRowid } = statement<[number, string, number]>(
        database,
        `insert into meter_records (session_id, windows, position)
         select ?, ?, count(*) from meter_records where session_id = ?`,
      ).run(sessionId, JSON.stringify(windows), sessionId);
      for (const [rail, own] of groupBy(readings, (reading) => reading.rail))
        statement<object>(
          database,
          `insert into meter_readings (record_id, rail, time_s, energy_j, charge_c, power_w, current_a, voltage_v)
           values (@recordId, @rail, @time_s, @energy_j, @charge_c, @power_w, @current_a, @voltage_v)`,
        ).run({
          recordId: lastInsertRowid,
          rail,
          ...Object.fromEntries(columns.map((column) => [column, packed(own, column)])),
        });
    })
    .immediate();
}

/** Keeps which trace a stretch's energies were made from. */
export function storeLoggedTrace(database: Database, logId: number, trace: LoggedTrace): void {
  statement<[string, number]>(database, "update meter_records set trace = ? where id = ?").run(
    JSON.stringify(trace),
    logId,
  );
}

/** A session's stretches of metering in the order taken; none for sessions of before version 7. */
export function readMeterLogs(database: Database, sessionId: number): readonly MeterLog[] {
  return statement<[number], LogRow>(
    database,
    "select * from meter_records where session_id = ? order by position",
  )
    .all(sessionId)
    .map((row) => ({
      id: row.id,
      windows: JSON.parse(row.windows) as readonly LoggedWindow[],
      readings: readingsOf(database, row.id),
      ...present("trace", row.trace === null ? null : (JSON.parse(row.trace) as LoggedTrace)),
    }));
}

const columns = ["time_s", "energy_j", "charge_c", "power_w", "current_a", "voltage_v"] as const;
type Column = (typeof columns)[number];

/** Null where the rail has no such column. */
function packed(readings: readonly MeterReading[], column: Column): Buffer | null {
  const values = readings.flatMap((reading) => reading[column] ?? []);
  return values.length === readings.length
    ? gzipSync(encodeSamples(Float64Array.from(values)))
    : null;
}

function readingsOf(database: Database, logId: number): readonly MeterReading[] {
  return statement<[number], ReadingsRow>(
    database,
    "select * from meter_readings where record_id = ?",
  )
    .all(logId)
    .flatMap((row) => {
      const unpacked = columns.map((column) => {
        const bytes = row[column];
        return [column, bytes === null ? undefined : decodeSamples(gunzipSync(bytes))] as const;
      });
      const [times] = unpacked;
      return Array.from({ length: times?.[1]?.length ?? 0 }, (_, i) => ({
        rail: row.rail,
        ...(Object.fromEntries(
          unpacked.flatMap(([column, values]) => (values ? [[column, values[i]]] : [])),
        ) as Omit<MeterReading, "rail">),
      }));
    });
}

interface LogRow {
  readonly id: number;
  readonly windows: string;
  readonly trace: string | null;
}

type ReadingsRow = { readonly rail: string } & Readonly<Record<Column, Buffer | null>>;
