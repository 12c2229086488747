import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  type Defect,
  defectsOf,
  type EnergyTable,
  type ForeignRow,
  type ForeignSteps,
  type ForeignTable,
  foreignSteps,
  formatOf,
  type ReadOptions,
  type SourceFile,
  type TableFormat,
} from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";

export interface ImportRequest extends ReadOptions {
  readonly path: string;
  /** Name of a format; recognised from the file where absent. */
  readonly format?: string | undefined;
  /** Of a file that does not name its device. */
  readonly device?: string | undefined;
  readonly licence?: string | undefined;
  /** Refuses a file with defects that are errors. */
  readonly strict?: boolean | undefined;
  /** ISO 8601. */
  readonly importedAt: string;
  readonly toolVersion: string;
}

/** What came of one table of a file. */
export interface ImportedTable {
  readonly device: string;
  readonly format: string;
  readonly dialect: string;
  readonly units: ForeignTable["units"];
  readonly rows: number;
  /** False where the same bytes were imported for this device before. */
  readonly isNew: boolean;
  readonly defects: readonly Defect[];
  readonly steps: readonly ForeignSteps[];
}

/** Reads a file of another tool and keeps its tables: all of them, or none where anything is wrong. */
export function importTable(table: EnergyTable, request: ImportRequest): readonly ImportedTable[] {
  const file = readSource(request.path);
  const format = formatOf(file, request.format);
  const read = named(format.read(file, request), file, request);
  requireUnit(file, format, read, request.latencyUnit);
  for (const { rows } of read) requireRows(file, rows);
  const others = [
    ...table.foreignTables().map((other) => ({ device: other.device, table: other })),
    ...read.map((other) => ({ device: other.device, table: other })),
  ];
  const found = read.map((one) => ({
    table: one,
    defects: defectsOf(
      one,
      others.filter(({ device }) => device !== one.device),
    ),
  }));
  if (request.strict) requireSound(file, found);
  const isNew = table.addForeignTables(read, {
    name: file.name,
    sha256: createHash("sha256").update(file.bytes).digest("hex"),
    licence: request.licence,
    format: format.id,
    importedAt: request.importedAt,
    toolVersion: request.toolVersion,
  });
  return found.map(({ table: { device, dialect, units, rows }, defects }, i) => ({
    device,
    format: format.id,
    dialect,
    units,
    rows: rows.length,
    isNew: isNew[i] ?? false,
    defects,
    steps: foreignSteps({ rows }),
  }));
}

function readSource(path: string): SourceFile {
  try {
    return { name: basename(path), bytes: readFileSync(path) };
  } catch (cause) {
    throw new UserError(`Cannot read the table ${path}`, {
      hint: "Check the path.",
      exit: "usage",
      cause,
    });
  }
}

function named(
  tables: readonly ForeignTable[],
  file: SourceFile,
  { device }: ImportRequest,
): readonly (ForeignTable & { readonly device: string })[] {
  if (tables.every(({ rows }) => rows.length === 0))
    throw new UserError(`${file.name} holds no row`, {
      hint: "Check that the file is complete.",
      exit: "usage",
    });
  return tables.map((table) => {
    const name = table.device ?? device;
    if (name === undefined)
      throw new UserError(`${file.name} does not say which device it is of`, {
        hint: "Give it a name: --device pixel-1",
        exit: "usage",
      });
    return { ...table, device: name };
  });
}

/** Where a file states its unit, another one would be ignored. */
function requireUnit(
  { name }: SourceFile,
  { title }: TableFormat,
  tables: readonly ForeignTable[],
  asked: ReadOptions["latencyUnit"],
): void {
  const stated = tables.find(({ units }) => asked !== undefined && units.latency !== asked);
  if (!stated) return;
  const given = stated.units.latency ?? "no latency at all";
  throw new UserError(`${name} states its unit, ${given}, so --latency-unit ${asked} cannot be`, {
    hint: `Leave --latency-unit out: ${title} say it themselves.`,
    exit: "usage",
  });
}

/** Rows that a table can keep: each once, with whole channels and runs. */
function requireRows(file: SourceFile, rows: readonly ForeignRow[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const { key, inChannels, midChannels, outChannels, samples } = row;
    const counts = [inChannels, midChannels, outChannels, samples];
    const broken = counts.find((count) => count !== undefined && !Number.isSafeInteger(count));
    if (!seen.has(key) && broken === undefined) {
      seen.add(key);
      continue;
    }
    throw new UserError(
      broken === undefined
        ? `${file.name} has the row "${key}" twice`
        : `${file.name}: row "${key}" counts ${broken}; expected whole numbers`,
      { hint: "Correct the file, or export it anew; nothing was imported.", exit: "usage" },
    );
  }
}

function requireSound(
  { name }: SourceFile,
  found: readonly { readonly defects: readonly Defect[] }[],
): void {
  const errors = found.flatMap(({ defects }) =>
    defects.filter(({ severity }) => severity === "error"),
  );
  const [first] = errors;
  if (!first) return;
  throw new UserError(
    `${name} is refused: ${first.message} (${first.rows.slice(0, 3).join(", ")})`,
    {
      hint: "Leave --strict out to import it with its defects noted.",
      exit: "unreliable",
    },
  );
}

/** A device's imported tables in a format, and what it could not hold. */
export function exportTable(
  table: EnergyTable,
  format: TableFormat,
  device: string | undefined,
): { readonly content: string | Uint8Array; readonly lost: readonly string[] } {
  const tables = table.foreignTables(device);
  if (tables.length === 0)
    throw new UserError(
      `${table.path} holds no imported table${device === undefined ? "" : ` of "${device}"`}`,
      { hint: "Import one: wattsplit table import FILE --db FILE", exit: "unavailable" },
    );
  if (!format.write)
    throw new UserError(`${format.title} can be read, not written`, {
      hint: "Export as json, which holds everything.",
      exit: "usage",
    });
  return format.write(
    tables.map(({ device: name, dialect, units, details, rows }) => ({
      device: name,
      dialect,
      units,
      details,
      rows,
    })),
  );
}
