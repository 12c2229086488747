/** How rows of a table are recognised in another file. */
export interface MergedTable {
  readonly name: string;
  /** Columns that name a row; `id` columns of other tables among them are translated first. */
  readonly identity: readonly string[];
  /** Columns that refer to rows of other tables. */
  readonly references?: Readonly<Record<string, string>>;
  /** Columns that a row of the same name has to agree on: where it does not, the files contradict each other. */
  readonly agree?: readonly string[];
  /** Columns taken over where the row at hand has nothing in them yet. */
  readonly fill?: readonly string[];
  /** A column of JSON lists that are united. */
  readonly unite?: string;
}

const platform = { platform_id: "platforms" };
const instruments =
  "canary_s,canary_low_s,canary_high_s,recording_s,recording_low_s,recording_high_s,clock_offset_s,clock_bound_s,clock_step_s,meter,meter_quality,meter_update_period_s,finished_at,outcome,conditions".split(
    ",",
  );

/** Every table of the schema but for the counts that triggers keep; what is referred to comes first. */
export const mergedTables: readonly MergedTable[] = [
  { name: "networks", identity: ["key"] },
  { name: "kernels", identity: ["key"] },
  {
    name: "platforms",
    identity:
      "device,processor,fingerprint,os,runtime,runtime_version,runtime_build,precision,threads,power_mode".split(
        ",",
      ),
  },
  {
    name: "sessions",
    references: platform,
    identity:
      "platform_id,kind,protocol,space,tool_version,seed,started_at,settings,source_sha256".split(
        ",",
      ),
    fill: instruments,
  },
  { name: "rails", references: { session_id: "sessions" }, identity: ["session_id", "id"] },
  { name: "plans", references: platform, identity: ["platform_id", "name"] },
  {
    name: "space_networks",
    references: { ...platform, network_id: "networks" },
    identity: ["platform_id", "space", "network_id", "role", "batch"],
  },
  {
    name: "network_measurements",
    references: { ...platform, session_id: "sessions", network_id: "networks" },
    identity: ["session_id", "network_id", "role", "batch", "load", "attempt"],
    agree: ["measured_at", "floor_s"],
    unite: "flags",
  },
  {
    name: "batches",
    references: { network_measurement_id: "network_measurements" },
    identity: ["network_measurement_id"],
  },
  {
    name: "energy_windows",
    references: { network_measurement_id: "network_measurements" },
    identity: ["network_measurement_id", "position"],
    agree: ["start_s"],
  },
  {
    name: "window_rails",
    references: { window_id: "energy_windows" },
    identity: ["window_id", "rail"],
  },
  {
    name: "meter_records",
    references: { session_id: "sessions" },
    identity: ["session_id", "position"],
    agree: ["windows"],
    fill: ["trace"],
  },
  {
    name: "meter_readings",
    references: { record_id: "meter_records" },
    identity: ["record_id", "rail"],
  },
  {
    name: "measurements",
    references: {
      ...platform,
      session_id: "sessions",
      kernel_id: "kernels",
      network_measurement_id: "network_measurements",
    },
    identity: [
      "platform_id",
      "session_id",
      "kernel_id",
      "method",
      "network_measurement_id",
      "layer",
      "measured_at",
    ],
    agree: ["latency_s"],
    unite: "flags",
  },
  {
    name: "samples",
    references: {
      network_measurement_id: "network_measurements",
      measurement_id: "measurements",
    },
    identity: ["network_measurement_id", "measurement_id"],
  },
  {
    name: "cost_models",
    references: platform,
    identity: ["platform_id", "kind", "space", "fitted_at", "provenance", "source", "document"],
  },
  { name: "foreign_tables", identity: ["device", "source_sha256", "position"] },
  {
    name: "foreign_rows",
    references: { table_id: "foreign_tables" },
    identity: ["table_id", "key"],
    agree: ["latency_s", "energy_j", "work"],
  },
];
