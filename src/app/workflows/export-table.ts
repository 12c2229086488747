import {
  type EnergyTable,
  type ForeignTable,
  lossesOf,
  measuredBlocks,
  measuredNetworkTables,
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
  const tables = tablesOf(table, format, device);
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

/** Measured costs in what the format's rows are: layers, blocks of them, or whole networks. */
const measuredAs = {
  layers: measuredTables,
  blocks: measuredBlocks,
  networks: measuredNetworkTables,
} as const;

function tablesOf(
  table: EnergyTable,
  { rowsAre = "layers" }: TableFormat,
  device: string | undefined,
): readonly ForeignTable[] {
  const imported = table
    .foreignTables(device)
    .map(({ device: name, dialect, units, details, rows }) => ({
      ...{ device: name, dialect, units, details, rows },
    }));
  const measured = measuredAs[rowsAre](table, device).map(({ platform: _, ...own }) => own);
  return [...imported, ...measured];
}
