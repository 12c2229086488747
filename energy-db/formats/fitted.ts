import { UserError } from "../../src/errors.ts";
import type { ForeignRow, ForeignTable, TableFormat } from "./foreign-table.ts";

/** Every row in a format's way, without those that become undefined. Throws a UserError where no row has a place there. */
export function fitted<T>(
  { title, cannotHold }: Pick<TableFormat, "title" | "cannotHold">,
  tables: readonly ForeignTable[],
  convert: (row: ForeignRow) => T | undefined,
): readonly T[] {
  const fitting = tables
    .flatMap(({ rows }) => rows)
    .map(convert)
    .filter((row) => row !== undefined);
  if (fitting.length > 0) return fitting;
  throw new UserError(`No row fits ${title}: they cannot hold ${cannotHold}`, {
    hint: "Export another table, or as json, csv or parquet, which hold everything.",
    exit: "usage",
  });
}
