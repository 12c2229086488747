import type { Database } from "better-sqlite3";
import {
  type ForeignRow,
  type ForeignTable,
  numberColumns,
  type TableUnits,
} from "./formats/foreign-table.ts";
import { statement } from "./statements.ts";

/** Where a foreign table comes from. */
export interface ForeignSource {
  readonly name: string;
  readonly sha256: string;
  readonly licence?: string | undefined;
  readonly format: string;
  /** ISO 8601. */
  readonly importedAt: string;
  readonly toolVersion: string;
}

/** A foreign table as kept: its device has a name. */
export interface StoredForeignTable extends ForeignTable {
  readonly id: number;
  readonly device: string;
  readonly source: ForeignSource;
}

/** Stores a table whole; false where this table of the same file was imported for this device before. */
export function insertForeignTable(
  database: Database,
  table: ForeignTable & { readonly device: string },
  { position, ...source }: ForeignSource & { readonly position: number },
): boolean {
  const { changes, lastInsertRowid } = statement<object>(
    database,
    `insert into foreign_tables (device, format, dialect, units, details, source_name, position, source_sha256,
       source_licence, imported_at, tool_version)
     values (@device, @format, @dialect, @units, @details, @name, @position, @sha256, @licence, @importedAt, @toolVersion)
     on conflict do nothing`,
  ).run({
    licence: null,
    ...source,
    position,
    device: table.device,
    dialect: table.dialect,
    units: JSON.stringify(table.units),
    details: JSON.stringify(table.details),
  });
  if (changes === 0) return false;
  const insert = statement<object>(
    database,
    `insert into foreign_rows (table_id, ${columns.map(([name]) => name).join(", ")}, shape)
     values (@id, ${columns.map(([, field]) => `@${field}`).join(", ")}, @shape)`,
  );
  for (const row of table.rows)
    insert.run({
      ...Object.fromEntries(columns.map(([, field]) => [field, row[field] ?? null])),
      id: lastInsertRowid,
      shape: JSON.stringify(row.shape),
    });
  return true;
}

const columns = [["key", "key"], ["op", "op"], ...numberColumns] as const;

interface TableColumns {
  readonly id: number;
  readonly device: string;
  readonly format: string;
  readonly dialect: string;
  readonly units: string;
  readonly details: string;
  readonly source_name: string;
  readonly source_sha256: string;
  readonly source_licence: string | null;
  readonly imported_at: string;
  readonly tool_version: string;
}

/** What the table knows of an imported one without reading its rows. */
export interface ImportedSummary {
  readonly id: number;
  readonly device: string;
  readonly format: string;
  readonly dialect: string;
  readonly rows: number;
  /** Name of the file. */
  readonly source: string;
  /** Absent where the person importing stated none. */
  readonly licence?: string;
  /** ISO 8601. */
  readonly importedAt: string;
}

/** Imported tables in the order they came. */
export const listImported = (database: Database): readonly ImportedSummary[] =>
  statement<
    [],
    Pick<
      TableColumns,
      "id" | "device" | "format" | "dialect" | "source_name" | "source_licence" | "imported_at"
    > & { readonly row_count: number }
  >(
    database,
    `select *, (select count(*) from foreign_rows where table_id = foreign_tables.id) as row_count
     from foreign_tables order by id`,
  )
    .all()
    .map(({ id, device, format, dialect, row_count, source_licence, ...stored }) => ({
      ...{ id, device, format, dialect, rows: row_count, source: stored.source_name },
      ...(source_licence === null ? {} : { licence: source_licence }),
      importedAt: stored.imported_at,
    }));

/** Every foreign table, or those of one device, in the order they came. */
export function listForeignTables(
  database: Database,
  device?: string,
): readonly StoredForeignTable[] {
  return statement<{ readonly device: string | null }, TableColumns>(
    database,
    "select * from foreign_tables where @device is null or device = @device order by id",
  )
    .all({ device: device ?? null })
    .map((stored) => ({
      id: stored.id,
      device: stored.device,
      dialect: stored.dialect,
      units: JSON.parse(stored.units) as TableUnits,
      details: JSON.parse(stored.details) as ForeignTable["details"],
      rows: rowsOf(database, stored.id),
      source: {
        name: stored.source_name,
        sha256: stored.source_sha256,
        ...(stored.source_licence === null ? {} : { licence: stored.source_licence }),
        format: stored.format,
        importedAt: stored.imported_at,
        toolVersion: stored.tool_version,
      },
    }));
}

/** Rows that are numbered stand in the order of their numbers, as they did in the source. */
const byNumber = (a: Readonly<Record<string, unknown>>, b: typeof a): number =>
  Number(a.key) - Number(b.key) || 0;

const rowsOf = (database: Database, table: number): readonly ForeignRow[] => {
  const shapeOf = shapesOnce();
  return statement<[number], Readonly<Record<string, unknown>>>(
    database,
    "select * from foreign_rows where table_id = ? order by key",
  )
    .all(table)
    .sort(byNumber)
    .map((stored) => {
      const row: Record<string, unknown> = { shape: shapeOf(String(stored.shape)) };
      for (const [name, field] of columns) if (stored[name] !== null) row[field] = stored[name];
      return row as unknown as ForeignRow;
    });
};

/** Reads shapes as they are stored, each of a family once. */
function shapesOnce(): (text: string) => ForeignRow["shape"] {
  const known = new Map<string, ForeignRow["shape"]>();
  return (text) => {
    const shape = known.get(text) ?? (JSON.parse(text) as ForeignRow["shape"]);
    known.set(text, shape);
    return shape;
  };
}
