import type { Estimate } from "./statistics.ts";

/** A Markdown table; cells are text. */
export function markdownTable(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}

export const microseconds = (seconds: number): string => (1e6 * seconds).toFixed(1);

export const percent = (fraction: number, digits = 2): string => (100 * fraction).toFixed(digits);

/** "+1.2 points (0.4 to 2.0)", of a difference of fractions. */
export function points({ value, low, high }: Estimate): string {
  const sign = value >= 0 ? "+" : "-";
  const interval = `${percent(low)} to ${percent(high)}`;
  return `${sign}${percent(Math.abs(value))} points (${interval})`;
}
