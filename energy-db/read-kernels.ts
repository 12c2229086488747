import type { Database } from "better-sqlite3";
import { type Kernel, kernelKey } from "../src/network/kernel.ts";
import { decodeSamples } from "./blobs.ts";
import { type FlagsColumn, flagsOf } from "./columns.ts";
import { type KernelEnergyColumns, kernelEnergyOf } from "./energy-columns.ts";
import { kernelById } from "./kernel-rows.ts";
import { type NetworkFilter, networkCondition } from "./network-filter.ts";
import { present } from "./present.ts";
import type { KernelMeasurement, NetworkRole, RowProvenance } from "./records.ts";
import { statement } from "./statements.ts";
import type { Method } from "./write-kernels.ts";

/** A kernel time as stored, without its raw samples. */
export interface StoredKernelMeasurement extends Omit<KernelMeasurement, "samples_s"> {
  readonly id: number;
  readonly sessionId: number;
  readonly method: Method;
  /** Absent when isolated. */
  readonly networkMeasurementId?: number;
  /** Role of the network it ran in; absent when isolated. */
  readonly role?: NetworkRole;
  /** Of its session. */
  readonly space: string;
  readonly protocol: number;
  readonly measuredAt: string;
}

/** Which rows are meant; absent fields do not matter. */
export interface MeasurementFilter {
  /** "in-context" when absent. */
  readonly method?: Method;
  readonly family?: string;
  /** Exactly this kernel. */
  readonly kernel?: Kernel;
  /** Rows that belong to the space: of its networks, or of its sessions where there is no network. */
  readonly space?: string;
  readonly protocol?: number;
  readonly sessionId?: number;
}

/** Kernel measurements in the order they were stored. */
export function listKernelMeasurements(
  database: Database,
  platformId: number,
  { method = "in-context", kernel, ...filter }: MeasurementFilter,
): readonly StoredKernelMeasurement[] {
  const narrow = kernel !== undefined || filter.family !== undefined;
  const rows = statement<object, KernelRow>(
    database,
    // A cross join keeps SQLite from starting at the platform, which has all the rows.
    `select ${columns} from ${narrow ? "kernels k cross join measurements m on m.kernel_id = k.id" : "measurements m"}
     join sessions s on s.id = m.session_id left join network_measurements n on n.id = m.network_measurement_id
     where m.platform_id = @platformId and m.method = @method
       ${kernel === undefined ? "" : "and k.key = @key"} ${filter.family === undefined ? "" : "and k.family = @family"}
       ${filter.protocol === undefined ? "" : "and s.protocol = @protocol"}
       ${filter.sessionId === undefined ? "" : "and m.session_id = @sessionId"}
       ${filter.space === undefined ? "" : `and ${inSpace}`}
     order by m.id`,
  );
  const parameters = { ...filter, platformId, method, ...(kernel && { key: kernelKey(kernel) }) };
  return rows.all(parameters).map((row) => kernelMeasurementOf(database, row));
}

const inSpace = `(n.id is null and s.space = @space or exists (select 1 from space_networks b
  where b.platform_id = n.platform_id and b.space = @space and b.network_id = n.network_id
    and b.role = n.role and b.batch = n.batch))`;

/** Kernels of all network measurements that match, in the order they were stored. */
export function listKernelsOfNetworks(
  database: Database,
  platformId: number,
  filter: NetworkFilter,
): readonly StoredKernelMeasurement[] {
  const rows = statement<object, KernelRow>(
    database,
    `select ${columns} from network_measurements n join sessions s on s.id = n.session_id
     cross join measurements m on m.network_measurement_id = n.id
     where ${networkCondition(filter)} order by m.id`,
  );
  return rows.all({ ...filter, platformId }).map((row) => kernelMeasurementOf(database, row));
}

const columns = `m.id, m.session_id, m.kernel_id, m.method, m.network_measurement_id, m.layer, m.measured_at,
  m.provenance, m.latency_s, m.low_s, m.high_s, m.unsubtracted_s, m.nodes, m.samples, m.energy_j, m.energy_low_j,
  m.energy_high_j, m.energy_kind, m.energy_meter, m.energy_provenance, m.flags, n.role, s.space, s.protocol`;

/** Families with rows of the method on the platform, in alphabetical order. */
export const listFamilies = (
  database: Database,
  platformId: number,
  method: Method,
): readonly string[] =>
  // A loose index scan: from each family straight to the next, however many kernels it has.
  statement<object, string>(
    database,
    `with recursive f (family) as (
       select min(family) from kernels
       union all
       select (select min(family) from kernels where family > f.family) from f where f.family is not null)
     select family from f where family is not null and exists (
       select 1 from kernels k cross join kernel_totals t on t.platform_id = @platformId and t.method = @method
         and t.kernel_id = k.id where k.family = f.family)`,
  )
    .pluck()
    .all({ platformId, method });

/** Raw samples behind a row, in seconds, in the order taken; undefined when there are none. */
export function readSamples(
  database: Database,
  level: "network" | "kernel",
  id: number,
): Float64Array | undefined {
  const column = level === "network" ? "network_measurement_id" : "measurement_id";
  const bytes = statement<[number], Buffer>(
    database,
    `select samples_s from samples where ${column} = ?`,
  )
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

function kernelMeasurementOf(database: Database, row: KernelRow): StoredKernelMeasurement {
  const energy = kernelEnergyOf(row);
  return {
    id: row.id,
    sessionId: row.session_id,
    method: row.method,
    ...present("networkMeasurementId", row.network_measurement_id),
    ...present("role", row.role),
    space: row.space,
    protocol: row.protocol,
    layer: row.layer,
    measuredAt: row.measured_at,
    provenance: row.provenance,
    kernel: kernelById(database, row.kernel_id),
    latency: {
      latency_s: row.latency_s,
      ...present("low_s", row.low_s),
      ...present("high_s", row.high_s),
    },
    ...present("unsubtracted_s", row.unsubtracted_s),
    ...present("nodes", row.nodes),
    ...present("samples", row.samples),
    ...(energy ? { energy } : {}),
    flags: flagsOf(row),
  };
}

interface KernelRow extends KernelEnergyColumns, FlagsColumn {
  readonly id: number;
  readonly session_id: number;
  readonly kernel_id: number;
  readonly method: Method;
  readonly network_measurement_id: number | null;
  readonly role: NetworkRole | null;
  readonly space: string;
  readonly protocol: number;
  readonly layer: string;
  readonly measured_at: string;
  readonly provenance: RowProvenance;
  readonly latency_s: number;
  readonly low_s: number | null;
  readonly high_s: number | null;
  readonly unsubtracted_s: number | null;
  readonly nodes: number | null;
  readonly samples: number | null;
}
