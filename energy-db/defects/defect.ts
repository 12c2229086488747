import type { ForeignRow, ForeignTable } from "../formats/foreign-table.ts";

/** Something that published tables got wrong, where it was found. */
export interface Defect {
  readonly defect: string;
  readonly severity: "warning" | "error";
  readonly message: string;
  /** Keys of the rows concerned. */
  readonly rows: readonly string[];
}

export interface NamedTable {
  readonly device: string;
  readonly table: Pick<ForeignTable, "rows">;
}

/** Looks for one defect in a table, beside those of other devices. */
export type Look = (table: NamedTable, others: readonly NamedTable[]) => readonly Defect[];

/** A warning that names its rows; none without any. */
export const warnOf = (
  defect: string,
  rows: readonly ForeignRow[],
  message: (count: number) => string,
): readonly Defect[] =>
  rows.length === 0
    ? []
    : [
        {
          defect,
          severity: "warning",
          message: message(rows.length),
          rows: rows.map(({ key }) => key),
        },
      ];
