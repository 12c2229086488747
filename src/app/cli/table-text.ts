import { formatNumber } from "../../units.ts";

export interface Column<Row> {
  /** With its unit: "latency ms". */
  readonly title: string;
  readonly of: (row: Row) => string | number | undefined;
  /** Left out where no row has it. */
  readonly optional?: boolean;
}

/** Rows as text without borders: numbers right-aligned, whole ones whole, others with three significant digits; "-" where there is none. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(
    ({ of, optional = false }) => !optional || rows.some((row) => of(row) !== undefined),
  );
  const cells = shown.map(({ title, of }) => {
    const values = rows.map(of);
    const texts = values.map((value) => cellText(value));
    const width = Math.max(title.length, ...texts.map(({ length }) => length));
    const numeric = values.some((value) => typeof value === "number");
    const pad = (text: string) => (numeric ? text.padStart(width) : text.padEnd(width));
    return [title, ...texts].map(pad);
  });
  const lines = Array.from({ length: rows.length + 1 }, (_, i) =>
    cells
      .map((column) => column[i] ?? "")
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

function cellText(value: string | number | undefined): string {
  if (value === undefined) return "-";
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? String(value) : formatNumber(value);
}
