import {
  type EnergyTable,
  type ForeignTable,
  lossesOf,
  measuredTables,
  type TableFormat,
} from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";

/** Imported tables and measured costs, of a device or of all, in a format, and what that lost, found by reading the file again. */
export async function exportTable(
  table: EnergyTable,
  format: TableFormat,
  device: string | undefined,
): Promise<{ readonly content: string | Uint8Array; readonly lost: readonly string[] }> {
  if (!format.write)
    throw new UserError(`${format.title} can be read, not written`, {
      hint: "Export as json, csv or parquet, which hold everything.",
      exit: "usage",
    });
  const tables = tablesOf(table, device);
  if (tables.length === 0)
    throw new UserError(
      `${table.path} holds no costs${device === undefined ? "" : ` of "${device}"`}`,
      {
        hint: "Import a table or profile: wattsplit table import FILE --db FILE",
        exit: "unavailable",
      },
    );
  const { content, lost } = format.write(tables);
  const again = await format.read({ name: "the export", bytes: Buffer.from(content) });
  return { content, lost: [...lossesOf(tables, again), ...lost] };
}

function tablesOf(table: EnergyTable, device: string | undefined): readonly ForeignTable[] {
  const imported = table
    .foreignTables(device)
    .map(({ device: name, dialect, units, details, rows }) => ({
      ...{ device: name, dialect, units, details, rows },
    }));
  const measured = measuredTables(table, device).map(({ platform: _, ...own }) => own);
  return [...imported, ...measured];
}
