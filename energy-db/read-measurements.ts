import type { Database } from "better-sqlite3";
import type { Kernel } from "../src/network/kernel.ts";
import { parseNetwork } from "../src/network/network-file.ts";
import { decodeSamples } from "./blobs.ts";
import {
  type ConditionColumns,
  conditionsOf,
  type EnergyColumns,
  energyOf,
  flagsOf,
  type KernelColumns,
  kernelOf,
  type LatencyColumns,
  latencyOf,
} from "./columns.ts";
import { groupBy } from "./group-by.ts";
import type { KernelMeasurement, NetworkMeasurement, NetworkRole } from "./records.ts";
import { type Method, networkKey } from "./write-measurements.ts";

/** A kernel time as stored, without its raw samples. */
export interface StoredKernelMeasurement extends Omit<KernelMeasurement, "samples_s"> {
  readonly id: number;
  readonly method: Method;
  /** Absent when isolated. */
  readonly networkMeasurementId?: number;
  /** Role of the network it ran in; absent when isolated. */
  readonly role?: NetworkRole;
  readonly space: string;
  readonly measuredAt: string;
}

/** A network measurement as stored, without its raw samples. */
export interface StoredNetworkMeasurement
  extends Omit<NetworkMeasurement, "samples_s" | "kernels"> {
  readonly id: number;
  readonly runId: number;
  readonly space: string;
  readonly kernels: readonly StoredKernelMeasurement[];
}

export interface MeasurementFilter {
  readonly role?: NetworkRole;
  readonly space?: string;
}

/** Network measurements in the order they were stored. */
export function listNetworkMeasurements(
  database: Database,
  platformId: number,
  { role, space }: MeasurementFilter = {},
): readonly StoredNetworkMeasurement[] {
  const kernels = groupBy(
    listKernelMeasurements(database, platformId, "in-context"),
    ({ networkMeasurementId }) => networkMeasurementId,
  );
  return database
    .prepare<[object], NetworkRow>(
      `select m.*, n.document, r.space from network_measurements m
       join networks n on n.id = m.network_id join runs r on r.id = m.run_id
       where m.platform_id = @platformId and (@role is null or m.role = @role)
         and (@space is null or r.space = @space)
       order by m.id`,
    )
    .all({ platformId, role: role ?? null, space: space ?? null })
    .map((row) => networkMeasurementOf(row, kernels.get(row.id) ?? []));
}

/** Kernel measurements of one method in the order they were stored. */
export function listKernelMeasurements(
  database: Database,
  platformId: number,
  method: Method,
): readonly StoredKernelMeasurement[] {
  return database
    .prepare<[number, Method], KernelRow>(
      `select m.*, k.op, k.batch, k.in_height, k.in_width, k.in_channels, k.out_channels, k.kernel_size,
         k.stride, k.groups, k.padding, k.variant, k.dtype, n.role, r.space
       from measurements m join kernels k on k.id = m.kernel_id join runs r on r.id = m.run_id
       left join network_measurements n on n.id = m.network_measurement_id
       where m.platform_id = ? and m.method = ? order by m.id`,
    )
    .all(platformId, method)
    .map((row) => ({
      id: row.id,
      method: row.method,
      ...(row.network_measurement_id === null
        ? {}
        : { networkMeasurementId: row.network_measurement_id }),
      ...(row.role === null ? {} : { role: row.role }),
      space: row.space,
      layer: row.layer,
      measuredAt: row.measured_at,
      kernel: kernelOf(row),
      latency: latencyOf(row),
      flags: flagsOf(row),
    }));
}

/** Whether this network was measured in this role: what a resumed run skips. */
export function hasNetworkMeasurement(
  database: Database,
  platformId: number,
  { network, role, batch }: Pick<NetworkMeasurement, "network" | "role" | "batch">,
): boolean {
  return (
    database
      .prepare<[number, string, string, number], number>(
        `select 1 from network_measurements m join networks n on n.id = m.network_id
         where m.platform_id = ? and n.key = ? and m.role = ? and m.batch = ? limit 1`,
      )
      .pluck()
      .get(platformId, networkKey(network), role, batch) !== undefined
  );
}

/** Whether this kernel was timed alone: what a resumed run skips. */
export function hasIsolatedMeasurement(
  database: Database,
  platformId: number,
  key: string,
): boolean {
  return (
    database
      .prepare<[number, string], number>(
        `select 1 from measurements m join kernels k on k.id = m.kernel_id
         where m.platform_id = ? and k.key = ? and m.method = 'isolated' limit 1`,
      )
      .pluck()
      .get(platformId, key) !== undefined
  );
}

/** Raw samples behind one row, in seconds, in the order taken; undefined when there is no such row. */
export function readSamples(
  database: Database,
  level: "network" | "kernel",
  id: number,
): Float64Array | undefined {
  const column = level === "network" ? "network_measurement_id" : "measurement_id";
  const bytes = database
    .prepare<[number], Buffer>(`select samples_s from samples where ${column} = ?`)
    .pluck()
    .get(id);
  return bytes && decodeSamples(bytes);
}

/** Fields that a kernel must have to be listed; absent ones do not matter. */
export type KernelFilter = Partial<Kernel>;

export const matchesKernel = (kernel: Kernel, filter: KernelFilter): boolean =>
  Object.entries(filter).every(
    ([field, value]) => value === undefined || kernel[field as keyof Kernel] === value,
  );

function networkMeasurementOf(
  row: NetworkRow,
  kernels: readonly StoredKernelMeasurement[],
): StoredNetworkMeasurement {
  const energy = energyOf(row);
  return {
    id: row.id,
    runId: row.run_id,
    space: row.space,
    network: parseNetwork(row.document, `Network of measurement ${row.id}`),
    role: row.role,
    batch: row.batch,
    position: row.position,
    measuredAt: row.measured_at,
    latency: latencyOf(row),
    warmUpRuns: row.warm_up_runs,
    ...(energy ? { energy } : {}),
    conditions: conditionsOf(row),
    flags: flagsOf(row),
    kernels,
  };
}

interface NetworkRow extends LatencyColumns, EnergyColumns, ConditionColumns {
  readonly id: number;
  readonly run_id: number;
  readonly role: NetworkRole;
  readonly batch: number;
  readonly position: number;
  readonly measured_at: string;
  readonly warm_up_runs: number;
  readonly document: string;
  readonly space: string;
}

interface KernelRow extends LatencyColumns, KernelColumns {
  readonly id: number;
  readonly method: Method;
  readonly network_measurement_id: number | null;
  readonly role: NetworkRole | null;
  readonly space: string;
  readonly layer: string;
  readonly measured_at: string;
}
