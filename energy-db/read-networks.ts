import type { Database } from "better-sqlite3";
import { parseNetwork } from "../src/network/network-file.ts";
import { type BatchColumns, decodeBatches } from "./blobs.ts";
import {
  type ConditionColumns,
  conditionsOf,
  type FlagsColumn,
  flagsOf,
  type LatencyColumns,
  latencyOf,
  type StoredLatency,
} from "./columns.ts";
import { type EnergyColumns, energyOf, type StoredEnergy } from "./energy-columns.ts";
import { groupBy } from "./group-by.ts";
import { type NetworkFilter, networkCondition } from "./network-filter.ts";
import { present } from "./present.ts";
import { listKernelsOfNetworks, type StoredKernelMeasurement } from "./read-kernels.ts";
import type { BatchLog, NetworkMeasurement, NetworkRole, RowProvenance } from "./records.ts";
import { statement } from "./statements.ts";

type Loose = "block" | "latency" | "energy" | "batches" | "kernels" | "warmUpRuns";

/** A load of a network as stored: what older versions and imports did not know is absent. */
export interface StoredNetworkMeasurement extends Omit<NetworkMeasurement, Loose> {
  readonly id: number;
  readonly sessionId: number;
  /** Of its session. */
  readonly space: string;
  readonly protocol: number;
  /** Absent in rows of version 1. */
  readonly block?: number;
  readonly latency: StoredLatency;
  readonly energy?: StoredEnergy;
  /** Absent in imports. */
  readonly warmUpRuns?: number;
  readonly kernels: readonly StoredKernelMeasurement[];
}

/** Loads of networks in the order they were stored. */
export function listNetworkMeasurements(
  database: Database,
  platformId: number,
  filter: NetworkFilter,
): readonly StoredNetworkMeasurement[] {
  const kernels = groupBy(
    listKernelsOfNetworks(database, platformId, filter),
    ({ networkMeasurementId }) => networkMeasurementId,
  );
  return statement<object, NetworkRow>(
    database,
    `select n.*, w.document, s.space, s.protocol from network_measurements n
     join sessions s on s.id = n.session_id join networks w on w.id = n.network_id
     where ${networkCondition(filter)} order by n.id`,
  )
    .all({ ...filter, platformId })
    .map((row) => networkMeasurementOf(row, kernels.get(row.id) ?? []));
}

/** Every batch of a load; undefined for rows of version 1. */
export function readBatches(
  database: Database,
  networkMeasurementId: number,
): BatchLog | undefined {
  const row = statement<[number], BatchColumns>(
    database,
    "select * from batches where network_measurement_id = ?",
  ).get(networkMeasurementId);
  return row && decodeBatches(row);
}

function networkMeasurementOf(
  row: NetworkRow,
  kernels: readonly StoredKernelMeasurement[],
): StoredNetworkMeasurement {
  const energy = energyOf(row);
  return {
    id: row.id,
    sessionId: row.session_id,
    space: row.space,
    protocol: row.protocol,
    network: parseNetwork(row.document, `Network of measurement ${row.id}`),
    role: row.role,
    batch: row.batch,
    position: row.position,
    ...present("block", row.block),
    load: row.load,
    attempt: row.attempt,
    measuredAt: row.measured_at,
    provenance: row.provenance,
    latency: latencyOf(row),
    ...present("warmUpRuns", row.warm_up_runs),
    ...(energy ? { energy } : {}),
    conditions: conditionsOf(row),
    flags: flagsOf(row),
    kernels,
  };
}

interface NetworkRow extends LatencyColumns, EnergyColumns, ConditionColumns, FlagsColumn {
  readonly id: number;
  readonly session_id: number;
  readonly role: NetworkRole;
  readonly batch: number;
  readonly position: number;
  readonly block: number | null;
  readonly load: number;
  readonly attempt: number;
  readonly measured_at: string;
  readonly provenance: RowProvenance;
  readonly warm_up_runs: number | null;
  readonly document: string;
  readonly space: string;
  readonly protocol: number;
}
