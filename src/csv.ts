import type { Row } from "./row-filter.ts";

/** Rows as RFC 4180 text; the first line names the fields of all rows. */
export function csvText(rows: readonly Row[]): string {
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [fields, ...rows.map((row) => fields.map((field) => row[field]))];
  return lines.map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/** A leading =, +, - or @ would be run as a formula by spreadsheets; numbers are what they are. */
function csvCell(cell: Row[string]): string {
  const text = String(cell ?? "");
  const safe = typeof cell === "string" && /^'*[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A text as it was before it was kept from being run. */
export const withoutGuard = (text: string): string =>
  /^'+[=+\-@]/.test(text) ? text.slice(1) : text;
