import type { EnergyUnit, LatencyUnit } from "./units.ts";

/** One row of another tool's table, in SI units. What the source does not state is absent. */
export interface ForeignRow {
  /** The row's name in the source; unique within the table. */
  readonly key: string;
  /** What is timed: "conv2d", "mbconv", "network", or the source's own word. */
  readonly op: string;
  /** What tells families of rows apart beside the op: everything but the widths below. */
  readonly shape: Shape;
  readonly inChannels?: number;
  /** Channels inside a block, between its expansion and its projection. */
  readonly midChannels?: number;
  readonly outChannels?: number;
  /** Multiply-accumulates, where the shapes tell. */
  readonly macs?: number;
  readonly latency_s?: number;
  /** Standard deviation over the source's runs. */
  readonly latency_sd_s?: number;
  readonly fastest_s?: number;
  readonly slowest_s?: number;
  readonly energy_j?: number;
  /** A cost that is neither time nor energy, in the table's `units.work`. */
  readonly work?: number;
  /** Runs behind the row. */
  readonly samples?: number;
}

export type Shape = Readonly<Record<string, string | number>>;

/** The numbers of a row: their names in the database and in files, and here. */
export const numberColumns = [
  ["in_channels", "inChannels"],
  ["mid_channels", "midChannels"],
  ["out_channels", "outChannels"],
  ["macs", "macs"],
  ["latency_s", "latency_s"],
  ["latency_sd_s", "latency_sd_s"],
  ["fastest_s", "fastest_s"],
  ["slowest_s", "slowest_s"],
  ["energy_j", "energy_j"],
  ["work", "work"],
  ["samples", "samples"],
] as const satisfies readonly (readonly [string, keyof ForeignRow])[];

/** The numbers of a row that are costs. */
export const costFields = [
  "latency_s",
  "latency_sd_s",
  "fastest_s",
  "slowest_s",
  "energy_j",
  "work",
] as const satisfies readonly (keyof ForeignRow)[];

/** Rows of one platform. */
export interface ForeignTable {
  /** As the source names it; absent where the source does not. */
  readonly device?: string;
  /** The variant of the format that was found, in words. */
  readonly dialect: string;
  readonly units: TableUnits;
  /** What else the source says of the platform: runtime, threads, precision, batch. */
  readonly details: Shape;
  readonly rows: readonly ForeignRow[];
}

/** Units of the source's numbers; absent where it has no such numbers. */
export interface TableUnits {
  readonly latency?: LatencyUnit;
  readonly energy?: EnergyUnit;
  /** What `work` counts: "cycles", "MACs". */
  readonly work?: string;
}

/** A file as read. */
export interface SourceFile {
  /** Its name without folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the person importing knows better than the file. */
export interface ReadOptions {
  readonly latencyUnit?: LatencyUnit;
  readonly energyUnit?: EnergyUnit;
}

/** A table in a format, and what the format could not hold. */
export interface Written {
  readonly content: string | Uint8Array;
  /** One sentence each. */
  readonly lost: readonly string[];
}

/** A format of tables: one file of this folder and one line in its registry. */
export interface TableFormat {
  readonly id: string;
  readonly title: string;
  /** What the format has no place for, in words. */
  readonly cannotHold: string;
  /** What its rows are: of measured costs those are exported. Default: layers. */
  readonly rowsAre?: "layers" | "blocks" | "networks";
  /** Whether the file looks like this format. Never throws. */
  recognises(file: SourceFile): boolean;
  /** Throws a UserError that names the entry at fault. */
  read(
    file: SourceFile,
    options?: ReadOptions,
  ): readonly ForeignTable[] | Promise<readonly ForeignTable[]>;
  /** Throws a UserError where no row fits the format. */
  write(tables: readonly ForeignTable[]): Written;
}
