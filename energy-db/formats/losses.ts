import { isDeepStrictEqual } from "node:util";
import { type ForeignRow, type ForeignTable, numberColumns } from "./foreign-table.ts";

const numbers = numberColumns.map(([, field]) => field);

/** Numbers this near to each other differ by rounding alone. */
const roundedBy = 1e-9;

/** What tables lost on their way through a file, found by reading it again: one sentence each, none where nothing is lost. */
export function lossesOf(
  before: readonly ForeignTable[],
  after: readonly ForeignTable[],
): readonly string[] {
  const [rows, left] = [before, after].map((tables) => tables.flatMap((table) => table.rows));
  if (!rows || !left) return [];
  const missing = rows.length - left.length;
  return [
    ...(missing > 0 ? [`${missing} of ${rows.length} rows have no place in this format`] : []),
    ...(after.length < before.length
      ? [`platforms: ${before.length} tables were put together`]
      : []),
    ...(before.some(({ device }, i) => device !== undefined && after[i]?.device !== device)
      ? ["the device's name"]
      : []),
    ...numbers.flatMap((field) => {
      const gone = having(rows, field) - having(left, field) - missing;
      return gone > 0 ? [`${field} of ${gone} rows`] : [];
    }),
    ...(after.length === before.length ? changes(before, after) : []),
  ];
}

const having = (rows: readonly ForeignRow[], field: keyof ForeignRow): number =>
  rows.filter((row) => row[field] !== undefined).length;

/** Of rows that kept their keys. */
function changes(
  before: readonly ForeignTable[],
  after: readonly ForeignTable[],
): readonly string[] {
  const pairs = before.flatMap(({ rows }, i) => {
    const known = new Map(after[i]?.rows.map((row) => [row.key, row]));
    return rows.flatMap((row) => {
      const left = known.get(row.key);
      return left ? [[row, left] as const] : [];
    });
  });
  const differences = pairs.flatMap(([row, left]) => differencesOf(row, left));
  const changed = differences.filter((difference) => !(difference < roundedBy)).length;
  const rounded = differences.length - changed;
  const renamed = pairs.filter(
    ([row, left]) => !(row.op === left.op && isDeepStrictEqual(row.shape, left.shape)),
  ).length;
  return [
    ...(renamed > 0 ? [`what ${renamed} rows time`] : []),
    ...(changed > 0 ? [`digits of ${changed} numbers`] : []),
    ...(rounded > 0 ? [`the last of 16 digits of ${rounded} numbers`] : []),
  ];
}

const differencesOf = (before: ForeignRow, after: ForeignRow): readonly number[] =>
  numbers.flatMap((field) => {
    const [was, is] = [before[field], after[field]];
    return was === undefined || is === undefined || was === is ? [] : [Math.abs(is / was - 1)];
  });
