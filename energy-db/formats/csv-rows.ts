import { parse } from "csv-parse/sync";
import { withoutGuard } from "../../src/csv.ts";
import type { SourceFile } from "./foreign-table.ts";
import { malformed, textOf } from "./source-text.ts";

export type CsvRow = Readonly<Record<string, string>>;

/** Rows of a CSV file under the names of its first line, cells as they were before they were kept from being run. Throws a UserError on ragged rows and open quotes. */
export function csvRows(file: SourceFile): readonly CsvRow[] {
  try {
    return parse(textOf(file), {
      columns: true,
      skip_empty_lines: true,
      bom: true,
      cast: withoutGuard,
    }) as CsvRow[];
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw malformed(file, message, "rows of one length under a line of names");
  }
}

/** Names in the first line. */
export const csvHeader = (head: string): readonly string[] =>
  (head.split(/\r?\n/)[0] ?? "").split(",").map((name) => name.trim());
