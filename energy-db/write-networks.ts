import type { Database } from "better-sqlite3";
import type { Network } from "../src/network/network.ts";
import { formatNetwork } from "../src/network/network-file.ts";
import { encodeBatches } from "./blobs.ts";
import { conditionColumns } from "./columns.ts";
import { energyColumns } from "./energy-columns.ts";
import { idOf } from "./id-of.ts";
import { type Member, storeMember } from "./members.ts";
import type { LoadName } from "./meter-log-records.ts";
import { networkKey } from "./network-key.ts";
import type { EnergyReading, NetworkMeasurement } from "./records.ts";
import { statement } from "./statements.ts";
import { insertWindows, replaceWindows } from "./windows.ts";
import { insertKernelRow } from "./write-kernels.ts";

/** Stores the load with its batches, kernels and energy windows, or nothing. Returns the row's id. */
export function insertNetworkMeasurement(
  database: Database,
  platformId: number,
  sessionId: number,
  measured: NetworkMeasurement,
): number {
  const insert = database.transaction(() => {
    const { role, batch } = measured;
    const networkId = ensureNetwork(database, measured.network);
    const space = spaceOf(database, platformId, sessionId);
    const place: Place = { platformId, sessionId, networkId, role, batch, space };
    storeMember(database, place);
    const id = insertRow(database, place, measured);
    if (!measured.flags.includes("drift")) supersede(database, place, measured);
    insertBatches(database, id, measured);
    insertWindows(database, id, measured.energy?.windows ?? []);
    for (const kernel of measured.kernels)
      insertKernelRow(
        database,
        { platformId, sessionId, networkMeasurementId: id, method: "in-context" },
        { ...kernel, measuredAt: measured.measuredAt },
      );
    return id;
  });
  return insert.immediate();
}

interface Place extends Member {
  readonly sessionId: number;
}

/** The id of the network's one row. */
export function ensureNetwork(database: Database, network: Network): number {
  const key = networkKey(network);
  statement<[string, string, string]>(
    database,
    "insert into networks (key, name, document) values (?, ?, ?) on conflict do nothing",
  ).run(key, network.name, formatNetwork(network));
  return idOf(database, "networks", key);
}

function spaceOf(database: Database, platformId: number, sessionId: number): string {
  const space = statement<[number, number], string>(
    database,
    "select space from sessions where id = ? and platform_id = ?",
  )
    .pluck()
    .get(sessionId, platformId);
  if (space === undefined)
    throw new Error(`Session ${sessionId} does not exist on platform ${platformId}`);
  return space;
}

function insertRow(database: Database, place: Place, measured: NetworkMeasurement): number {
  const { floor, typical } = measured.latency;
  const { lastInsertRowid } = statement<object>(
    database,
    `insert into network_measurements (platform_id, session_id, network_id, role, batch, position, block, load, attempt,
       measured_at, provenance, floor_s, floor_low_s, floor_high_s, typical_s, typical_low_s, typical_high_s,
       p90_s, samples, warm_up_runs, energy_j, energy_low_j, energy_high_j, net_energy_j, net_energy_low_j,
       net_energy_high_j, idle_power_w, energy_windows, energy_window_s, energy_invalid, meter, energy_provenance,
       temperature_start_c, temperature_end_c, clock_start_hz, clock_end_hz, load_average, flags)
     values (@platformId, @sessionId, @networkId, @role, @batch, @position, @block, @load, @attempt,
       @measuredAt, @provenance, @floor_s, @floor_low_s, @floor_high_s, @typical_s, @typical_low_s, @typical_high_s,
       @p90_s, @samples, @warmUpRuns, @energy_j, @energy_low_j, @energy_high_j, @net_energy_j, @net_energy_low_j,
       @net_energy_high_j, @idle_power_w, @energy_windows, @energy_window_s, @energy_invalid, @meter, @energy_provenance,
       @temperature_start_c, @temperature_end_c, @clock_start_hz, @clock_end_hz, @load_average, @flags)`,
  ).run({
    ...place,
    position: measured.position,
    block: measured.block,
    load: measured.load,
    attempt: measured.attempt,
    measuredAt: measured.measuredAt,
    provenance: measured.provenance,
    floor_s: floor.latency_s,
    floor_low_s: floor.low_s,
    floor_high_s: floor.high_s,
    typical_s: typical.latency_s,
    typical_low_s: typical.low_s,
    typical_high_s: typical.high_s,
    p90_s: measured.latency.p90_s,
    samples: measured.latency.samples,
    warmUpRuns: measured.warmUpRuns,
    ...energyColumns(measured.energy),
    ...conditionColumns(measured.conditions),
    flags: JSON.stringify(measured.flags),
  });
  return Number(lastInsertRowid);
}

/** Stores the energy of a load that is there already, in place of what it had. Returns whether the session has that load. */
export function replaceEnergy(
  database: Database,
  sessionId: number,
  name: LoadName,
  energy: EnergyReading,
): boolean {
  const replace = database.transaction(() => {
    const id = statement<object, number>(
      database,
      `select n.id from network_measurements n join networks w on w.id = n.network_id
       where n.session_id = @sessionId and w.key = @key and n.role = @role and n.batch = @batch
         and n.load = @load and n.attempt = @attempt`,
    )
      .pluck()
      .get({ ...name, sessionId });
    if (id === undefined) return false;
    const columns = energyColumns(energy);
    const sets = Object.keys(columns).map((column) => `${column} = @${column}`);
    statement<object>(
      database,
      `update network_measurements set ${sets.join(", ")} where id = @id`,
    ).run({ ...columns, id });
    replaceWindows(database, id, energy.windows);
    return true;
  });
  return replace.immediate();
}

/** Flags earlier attempts at the same load. */
function supersede(database: Database, place: Place, { load, attempt }: NetworkMeasurement): void {
  statement<object>(
    database,
    `update network_measurements set flags = json_insert(flags, '$[#]', 'superseded')
     where session_id = @sessionId and network_id = @networkId and role = @role and batch = @batch
       and load = @load and attempt < @attempt
       and not exists (select 1 from json_each(flags) where value = 'superseded')`,
  ).run({ ...place, load, attempt });
}

function insertBatches(database: Database, id: number, { batches }: NetworkMeasurement): void {
  statement<object>(
    database,
    `insert into batches (network_measurement_id, start_s, latency_s, runs, kind, slowdown, calm)
     values (@id, @start_s, @latency_s, @runs, @kind, @slowdown, @calm)`,
  ).run({ id, ...encodeBatches(batches) });
}
