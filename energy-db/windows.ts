import type { Database } from "better-sqlite3";
import { groupBy } from "./group-by.ts";
import { present } from "./present.ts";
import type { EnergyWindow } from "./records.ts";
import { statement } from "./statements.ts";

/** Stores a load's windows and what each rail took in them. Inside a transaction. */
export function insertWindows(
  database: Database,
  networkMeasurementId: number,
  windows: readonly EnergyWindow[],
): void {
  for (const [position, { rails, ...window }] of windows.entries()) {
    const { lastInsertRowid } = statement<object>(
      database,
      `insert into energy_windows (network_measurement_id, position, kind, start_s, duration_s, inferences, latency_s)
       values (@networkMeasurementId, @position, @kind, @start_s, @duration_s, @inferences, @latency_s)`,
    ).run({ latency_s: null, ...window, networkMeasurementId, position });
    for (const rail of rails)
      statement<object>(
        database,
        `insert into window_rails (window_id, rail, energy_j, readings, largest_gap_s)
         values (@windowId, @rail, @energy_j, @readings, @largestGap_s)`,
      ).run({ readings: null, largestGap_s: null, ...rail, windowId: lastInsertRowid });
  }
}

/** The same in place of those that were stored before. Inside a transaction. */
export function replaceWindows(
  database: Database,
  networkMeasurementId: number,
  windows: readonly EnergyWindow[],
): void {
  statement<[number]>(
    database,
    `delete from window_rails where window_id in (select id from energy_windows where network_measurement_id = ?)`,
  ).run(networkMeasurementId);
  statement<[number]>(database, "delete from energy_windows where network_measurement_id = ?").run(
    networkMeasurementId,
  );
  insertWindows(database, networkMeasurementId, windows);
}

/** A load's windows in the order taken; none for rows of version 1. */
export function readWindows(
  database: Database,
  networkMeasurementId: number,
): readonly EnergyWindow[] {
  const rails = groupBy(
    statement<[number], RailRow>(
      database,
      `select r.* from window_rails r join energy_windows w on w.id = r.window_id
       where w.network_measurement_id = ?`,
    ).all(networkMeasurementId),
    ({ window_id }) => window_id,
  );
  return statement<[number], WindowRow>(
    database,
    "select * from energy_windows where network_measurement_id = ? order by position",
  )
    .all(networkMeasurementId)
    .map((row) => ({
      kind: row.kind,
      start_s: row.start_s,
      duration_s: row.duration_s,
      inferences: row.inferences,
      ...present("latency_s", row.latency_s),
      rails: (rails.get(row.id) ?? []).map(({ rail, energy_j, readings, largest_gap_s }) => ({
        rail,
        energy_j,
        ...present("readings", readings),
        ...present("largestGap_s", largest_gap_s),
      })),
    }));
}

interface RailRow {
  readonly window_id: number;
  readonly rail: string;
  readonly energy_j: number;
  readonly readings: number | null;
  readonly largest_gap_s: number | null;
}

interface WindowRow {
  readonly id: number;
  readonly kind: EnergyWindow["kind"];
  readonly start_s: number;
  readonly duration_s: number;
  readonly inferences: number;
  readonly latency_s: number | null;
}
