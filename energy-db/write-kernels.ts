import type { Database } from "better-sqlite3";
import { encodeSamples } from "./blobs.ts";
import { kernelEnergyColumns } from "./energy-columns.ts";
import { ensureKernel } from "./kernel-rows.ts";
import type { KernelMeasurement } from "./records.ts";
import { statement } from "./statements.ts";

/** How kernel times came about; the two never mix in one answer. */
export type Method = "in-context" | "isolated";

/** A kernel measurement and when it was taken, ISO 8601. */
export type DatedKernelMeasurement = KernelMeasurement & { readonly measuredAt: string };

export interface KernelPlace {
  readonly platformId: number;
  readonly sessionId: number;
  readonly networkMeasurementId: number | null;
  readonly method: Method;
}

/** Stores kernels timed alone or imported, with their samples, all or none. Returns the rows' ids. */
export function insertKernelMeasurements(
  database: Database,
  place: Omit<KernelPlace, "networkMeasurementId">,
  measured: Iterable<DatedKernelMeasurement>,
): readonly number[] {
  const insert = database.transaction(() =>
    Array.from(measured, (kernel) =>
      insertKernelRow(database, { ...place, networkMeasurementId: null }, kernel),
    ),
  );
  return insert.immediate();
}

/** Inside a transaction. Returns the row's id. */
export function insertKernelRow(
  database: Database,
  place: KernelPlace,
  measured: DatedKernelMeasurement,
): number {
  const { lastInsertRowid } = statement<object>(
    database,
    `insert into measurements (platform_id, session_id, kernel_id, method, network_measurement_id, layer, measured_at,
       provenance, latency_s, low_s, high_s, unsubtracted_s, nodes, samples, energy_j, energy_low_j, energy_high_j,
       energy_kind, energy_meter, energy_provenance, flags)
     values (@platformId, @sessionId, @kernelId, @method, @networkMeasurementId, @layer, @measuredAt,
       @provenance, @latency_s, @low_s, @high_s, @unsubtracted_s, @nodes, @samples, @energy_j, @energy_low_j, @energy_high_j,
       @energy_kind, @energy_meter, @energy_provenance, @flags)`,
  ).run({
    ...place,
    kernelId: ensureKernel(database, measured.kernel),
    layer: measured.layer,
    measuredAt: measured.measuredAt,
    provenance: measured.provenance,
    latency_s: measured.latency.latency_s,
    low_s: measured.latency.low_s ?? null,
    high_s: measured.latency.high_s ?? null,
    unsubtracted_s: measured.unsubtracted_s ?? null,
    nodes: measured.nodes ?? null,
    samples: measured.samples ?? null,
    ...kernelEnergyColumns(measured.energy),
    flags: JSON.stringify(measured.flags),
  });
  const id = Number(lastInsertRowid);
  if (measured.samples_s.length > 0)
    statement<[number, Buffer]>(
      database,
      "insert into samples (measurement_id, samples_s) values (?, ?)",
    ).run(id, encodeSamples(measured.samples_s));
  return id;
}
