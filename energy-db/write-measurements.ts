import { createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import { type Kernel, kernelFamily, kernelKey } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import { formatNetwork } from "../src/network/network-file.ts";
import { encodeSamples } from "./blobs.ts";
import { conditionColumns, energyColumns } from "./columns.ts";
import type { KernelMeasurement, NetworkMeasurement } from "./records.ts";

/** How kernel times came about; the two never mix in one answer. */
export type Method = "in-context" | "isolated";

/** Stores the row, its kernels and all raw samples, or nothing. Returns the row's id. */
export function insertNetworkMeasurement(
  database: Database,
  platformId: number,
  runId: number,
  measured: NetworkMeasurement,
): number {
  const insert = database.transaction(() => {
    const networkId = ensureNetwork(database, measured.network);
    const id = insertNetworkRow(database, { platformId, runId, networkId }, measured);
    insertSamples(database, { networkMeasurementId: id }, measured.samples_s);
    for (const kernel of measured.kernels)
      insertKernelRow(
        database,
        { platformId, runId, networkMeasurementId: id, method: "in-context" },
        { ...kernel, measuredAt: measured.measuredAt },
      );
    return id;
  });
  return insert.immediate();
}

/** Stores one kernel timed alone, with its samples. Returns the row's id. */
export function insertIsolatedMeasurement(
  database: Database,
  platformId: number,
  runId: number,
  measured: DatedKernelMeasurement,
): number {
  const place = { platformId, runId, networkMeasurementId: null, method: "isolated" as const };
  return database.transaction(() => insertKernelRow(database, place, measured)).immediate();
}

/** A kernel measurement and when it was taken, ISO 8601. */
export type DatedKernelMeasurement = KernelMeasurement & { readonly measuredAt: string };

/** Equal exactly for networks that compute alike: input and layers count, the name does not. */
export function networkKey({ input, layers }: Network): string {
  return createHash("sha256").update(canonicalJson({ input, layers })).digest("hex");
}

/** JSON with object keys in alphabetical order. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function ensureNetwork(database: Database, network: Network): number {
  const key = networkKey(network);
  database
    .prepare("insert into networks (key, name, document) values (?, ?, ?) on conflict do nothing")
    .run(key, network.name, formatNetwork(network));
  return idOf(database, "select id from networks where key = ?", key);
}

function ensureKernel(database: Database, kernel: Kernel): number {
  const key = kernelKey(kernel);
  database
    .prepare(
      `insert into kernels (key, family, op, batch, in_height, in_width, in_channels, out_channels,
         kernel_size, stride, groups, padding, variant, dtype)
       values (@key, @family, @op, @batch, @inHeight, @inWidth, @inChannels, @outChannels,
         @kernelSize, @stride, @groups, @padding, @variant, @dtype)
       on conflict do nothing`,
    )
    .run({ ...kernel, key, family: kernelFamily(kernel) });
  return idOf(database, "select id from kernels where key = ?", key);
}

function idOf(database: Database, query: string, key: string): number {
  const id = database.prepare<[string], number>(query).pluck().get(key);
  if (id === undefined) throw new Error(`No row for ${key} just after storing it`);
  return id;
}

function insertNetworkRow(
  database: Database,
  ids: { readonly platformId: number; readonly runId: number; readonly networkId: number },
  measured: NetworkMeasurement,
): number {
  const { lastInsertRowid } = database
    .prepare(
      `insert into network_measurements (platform_id, run_id, network_id, role, batch, position, measured_at,
         latency_s, mad_s, p10_s, p90_s, low_s, high_s, samples, outliers, warm_up_runs,
         energy_j, energy_low_j, energy_high_j, net_energy_j, idle_power_w, energy_window_s, energy_windows,
         meter, energy_provenance, temperature_start_c, temperature_end_c, clock_start_hz, clock_end_hz,
         load, flags)
       values (@platformId, @runId, @networkId, @role, @batch, @position, @measuredAt,
         @latency_s, @mad_s, @p10_s, @p90_s, @low_s, @high_s, @samples, @outliers, @warmUpRuns,
         @energy_j, @energy_low_j, @energy_high_j, @net_energy_j, @idle_power_w, @energy_window_s, @energy_windows,
         @meter, @energy_provenance, @temperature_start_c, @temperature_end_c, @clock_start_hz, @clock_end_hz,
         @load, @flags)`,
    )
    .run({
      ...ids,
      role: measured.role,
      batch: measured.batch,
      position: measured.position,
      measuredAt: measured.measuredAt,
      ...measured.latency,
      warmUpRuns: measured.warmUpRuns,
      ...energyColumns(measured.energy),
      ...conditionColumns(measured.conditions),
      flags: JSON.stringify(measured.flags),
    });
  return Number(lastInsertRowid);
}

interface KernelPlace {
  readonly platformId: number;
  readonly runId: number;
  readonly networkMeasurementId: number | null;
  readonly method: Method;
}

function insertKernelRow(
  database: Database,
  place: KernelPlace,
  measured: DatedKernelMeasurement,
): number {
  const { lastInsertRowid } = database
    .prepare(
      `insert into measurements (platform_id, run_id, kernel_id, method, network_measurement_id, layer,
         measured_at, latency_s, mad_s, p10_s, p90_s, low_s, high_s, samples, outliers, flags)
       values (@platformId, @runId, @kernelId, @method, @networkMeasurementId, @layer,
         @measuredAt, @latency_s, @mad_s, @p10_s, @p90_s, @low_s, @high_s, @samples, @outliers, @flags)`,
    )
    .run({
      ...place,
      kernelId: ensureKernel(database, measured.kernel),
      layer: measured.layer,
      measuredAt: measured.measuredAt,
      ...measured.latency,
      flags: JSON.stringify(measured.flags),
    });
  const id = Number(lastInsertRowid);
  insertSamples(database, { measurementId: id }, measured.samples_s);
  return id;
}

function insertSamples(
  database: Database,
  owner: { readonly networkMeasurementId: number } | { readonly measurementId: number },
  samples_s: Float64Array,
): void {
  database
    .prepare(
      `insert into samples (network_measurement_id, measurement_id, samples_s)
       values (@networkMeasurementId, @measurementId, @samples)`,
    )
    .run({
      networkMeasurementId: null,
      measurementId: null,
      ...owner,
      samples: encodeSamples(samples_s),
    });
}
