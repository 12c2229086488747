import { parquetWriteBuffer } from "hyparquet-writer";
import { areFlat, flatColumns, flatten, unflatten } from "./flat-rows.ts";
import type { ForeignTable, TableFormat } from "./foreign-table.ts";
import { nasBenchColumns, readNasBench } from "./nas-bench-rows.ts";
import { readParquet } from "./parquet-reader.ts";
import { malformed } from "./source-text.ts";

/** Apache Parquet: wattsplit's own columns, or a row per network and device as HW-NAS-Bench-360 has them. */
export const parquet: TableFormat = {
  id: "parquet",
  title: "Parquet of wattsplit's own or of NAS-Bench lists",
  cannotHold: "nothing is lost",
  recognises: ({ bytes }) => isParquet(bytes),
  read: async (file) => {
    if (!isParquet(file.bytes)) throw malformed(file, "the file", "Parquet, from end to end");
    const { names, rows } = await readParquet(file, [
      { needed: flatNames, columns: flatNames },
      { needed: nasBenchColumns.needed, columns: nasBenchColumns.known },
    ]);
    if (areFlat(names)) return unflatten(file, rows);
    if (nasBenchColumns.needed.every((name) => names.includes(name)))
      return readNasBench(file, rows);
    throw malformed(file, `columns ${names.slice(0, 8).join(", ")}`, "those of docs/tables.md");
  },
  write: (tables) => ({ content: writeColumns(tables), lost: [] }),
};

const flatNames = flatColumns.map(({ name }) => name);

const isParquet = (bytes: Uint8Array): boolean =>
  bytes.length > 12 && isMagic(bytes, 0) && isMagic(bytes, -4);

const isMagic = (bytes: Uint8Array, at: number): boolean =>
  Buffer.from(bytes.subarray(at, at === 0 ? 4 : undefined)).toString("latin1") === "PAR1";

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
