import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { areFlat, type FlatRow, flatColumns, flatten, unflatten } from "./flat-rows.ts";
import type { ForeignTable, SourceFile, TableFormat } from "./foreign-table.ts";
import { nasBenchColumns, readNasBench } from "./nas-bench-rows.ts";
import { malformed } from "./source-text.ts";

/** More than a table of costs has, less than memory holds. */
const mostRows = 2 ** 21;
const mostBytes = 2 ** 30;

/** Apache Parquet: wattsplit's own columns, or a row per network and device as HW-NAS-Bench-360 has them. */
export const parquet: TableFormat = {
  id: "parquet",
  title: "Parquet of wattsplit's own or of NAS-Bench lists",
  cannotHold: "nothing is lost",
  recognises: ({ bytes }) => bytes.length > 12 && isMagic(bytes, 0) && isMagic(bytes, -4),
  read: async (file) => {
    const names = columnsOf(file);
    if (areFlat(names)) return unflatten(file, await rowsOf(file, flatNames));
    if (nasBenchColumns.needed.every((name) => names.includes(name)))
      return readNasBench(file, await rowsOf(file, nasBenchColumns.known(names)));
    throw malformed(file, `columns ${names.slice(0, 8).join(", ")}`, "those of docs/tables.md");
  },
  write: (tables) => ({ content: writeColumns(tables), lost: [] }),
};

const flatNames = flatColumns.map(({ name }) => name);

const isMagic = (bytes: Uint8Array, at: number): boolean =>
  Buffer.from(bytes.subarray(at, at === 0 ? 4 : undefined)).toString("latin1") === "PAR1";

const bufferOf = ({ bytes }: SourceFile): ArrayBuffer =>
  new Uint8Array(bytes).buffer as ArrayBuffer;

/** The file's columns, once its size is known to be bearable. */
function columnsOf(file: SourceFile): readonly string[] {
  const { num_rows, row_groups, schema } = refusing(file, () => parquetMetadata(file.bytes));
  const size = row_groups.reduce((sum, { total_byte_size }) => sum + Number(total_byte_size), 0);
  if (Number(num_rows) > mostRows || size > mostBytes)
    throw malformed(file, `${num_rows} rows, ${size} bytes`, `${mostRows} rows at most`);
  return schema.slice(1).map(({ name }) => name);
}

async function rowsOf(file: SourceFile, columns: readonly string[]): Promise<readonly FlatRow[]> {
  const rows = await refusing(file, () =>
    parquetReadObjects({ file: bufferOf(file), columns: [...columns] }),
  );
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) =>
        value === null || value === undefined ? [] : [[name, plain(value)]],
      ),
    ),
  );
}

const plain = (value: unknown): string | number => {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? value : String(value);
};

/** A damaged file makes the reader throw what it meets: none of it is an error of ours. */
function refusing<T>(file: SourceFile, read: () => T): T {
  const refuse = (cause: unknown) =>
    malformed(file, cause instanceof Error ? cause.message : String(cause), "a whole Parquet file");
  try {
    const result = read();
    if (!(result instanceof Promise)) return result;
    return result.catch((cause: unknown) => {
      throw refuse(cause);
    }) as T;
  } catch (cause) {
    throw refuse(cause);
  }
}

function writeColumns(tables: readonly ForeignTable[]): Uint8Array {
  const rows = flatten(tables);
  const columnData = flatColumns.map(({ name, type }) => ({
    name,
    data: rows.map((row) => row[name] ?? null),
    type: type === "text" ? ("STRING" as const) : ("DOUBLE" as const),
    nullable: true,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
