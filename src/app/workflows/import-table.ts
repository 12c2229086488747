import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import {
  costsNothing,
  type Defect,
  defectsAmong,
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
  /** Rows kept. */
  readonly rows: number;
  /** Rows left out because nothing can cost what they say. */
  readonly refused: number;
  /** False where the same bytes were imported for this device before. */
  readonly isNew: boolean;
  readonly defects: readonly Defect[];
  readonly steps: readonly ForeignSteps[];
}

/**
 * Reads a file of another tool and keeps its tables: all of them, or none where the file is malformed. Rows that cost nothing or
 * less are named and left out.
 */
export async function importTable(
  table: EnergyTable,
  request: ImportRequest,
): Promise<readonly ImportedTable[]> {
  const file = readSource(request.path);
  const format = formatOf(file, request.format);
  const read = named(await format.read(file, request), file, request);
  requireUnits(file, format, read, request);
  for (const { rows } of read) requireRows(file, rows);
  const found = defectsAmong(read, table.foreignTables());
  if (request.strict) requireSound(file, found);
  const kept = read.map((one) => possible(file, one));
  const isNew = table.addForeignTables(kept, {
    name: file.name,
    sha256: createHash("sha256").update(file.bytes).digest("hex"),
    licence: request.licence,
    format: format.id,
    importedAt: request.importedAt,
    toolVersion: request.toolVersion,
  });
  return kept.map(({ device, dialect, units, rows }, i) => ({
    device,
    format: format.id,
    dialect,
    units,
    rows: rows.length,
    refused: (read[i]?.rows.length ?? 0) - rows.length,
    isNew: isNew[i] ?? false,
    defects: found[i] ?? [],
    steps: foreignSteps({ rows }),
  }));
}

type DeviceTable = ForeignTable & { readonly device: string };

/** The table without the rows that cost nothing or less. */
function possible({ name }: SourceFile, table: DeviceTable): DeviceTable {
  const rows = table.rows.filter((row) => !costsNothing(row));
  if (rows.length > 0 || table.rows.length === 0) return { ...table, rows };
  throw new UserError(`${name}: every row of ${table.device} costs nothing or less`, {
    hint: "Check the file's columns and its format (--format).",
    exit: "unreliable",
  });
}

/** More does not fit into memory with what is read from it. */
const largestFile_bytes = 2 ** 28;

function readSource(path: string): SourceFile {
  const found = statSync(path, { throwIfNoEntry: false });
  const problem = !found?.isFile()
    ? "it is no file"
    : found.size > largestFile_bytes
      ? `it has ${found.size} bytes, and tables of at most ${largestFile_bytes} are read`
      : undefined;
  if (problem === undefined) return { name: basename(path), bytes: readFileSync(path) };
  throw new UserError(`Cannot read the table ${path}: ${problem}`, {
    hint: "Check the path.",
    exit: "usage",
  });
}

function named(
  tables: readonly ForeignTable[],
  file: SourceFile,
  { device }: ImportRequest,
): readonly DeviceTable[] {
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
function requireUnits(
  { name }: SourceFile,
  { title }: TableFormat,
  tables: readonly ForeignTable[],
  { latencyUnit, energyUnit }: ReadOptions,
): void {
  const asked = { latency: latencyUnit, energy: energyUnit };
  for (const quantity of ["latency", "energy"] as const) {
    const unit = asked[quantity];
    const stated = tables.find(({ units }) => unit !== undefined && units[quantity] !== unit);
    if (!stated) continue;
    const given = stated.units[quantity] ?? `no ${quantity} at all`;
    throw new UserError(
      `${name} states its unit, ${given}, so --${quantity}-unit ${unit} cannot be`,
      {
        hint: `Leave --${quantity}-unit out: ${title} say it themselves.`,
        exit: "usage",
      },
    );
  }
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

function requireSound({ name }: SourceFile, found: readonly (readonly Defect[])[]): void {
  const [first, ...others] = found
    .flat()
    .sort((a, b) => Number(b.severity === "error") - Number(a.severity === "error"));
  if (!first) return;
  const rows = first.rows.length > 0 ? ` (${first.rows.slice(0, 3).join(", ")})` : "";
  const more = others.length > 0 ? `, and ${others.length} defects more` : "";
  throw new UserError(`${name} is refused: ${first.message}${rows}${more}`, {
    hint: "Leave --strict out to import it with its defects noted.",
    exit: "unreliable",
  });
}
