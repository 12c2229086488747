import { UserError, unknownName } from "./errors.ts";

/** Value of a row that can be filtered and sorted by. */
export type Cell = string | number | boolean | undefined;
export type Row = Readonly<Record<string, Cell>>;

const comparisons = {
  is: (cell, wanted) => cell === wanted,
  not: (cell, wanted) => cell !== wanted,
  gt: (cell, wanted) => isOrdered(cell, wanted) && cell > wanted,
  gte: (cell, wanted) => isOrdered(cell, wanted) && cell >= wanted,
  lt: (cell, wanted) => isOrdered(cell, wanted) && cell < wanted,
  lte: (cell, wanted) => isOrdered(cell, wanted) && cell <= wanted,
  contains: (cell, wanted) => String(cell ?? "").includes(String(wanted)),
} as const satisfies Record<string, (cell: Cell, wanted: string | number) => boolean>;

export type Comparison = keyof typeof comparisons;

/** Words after `__` in a condition; none means `is`. */
export const comparisonNames = Object.keys(comparisons) as readonly Comparison[];

export interface Condition {
  readonly field: string;
  readonly comparison: Comparison;
  readonly wanted: string;
}

/**
 * One condition of the filter grammar shared by `--where`, REST and pages: a field, `__` and a comparison, and a value.
 * `outChannels__gte` with "16" keeps rows of 16 channels or more; `op` with "conv2d" keeps exactly those. Throws a
 * UserError for an unknown field or comparison, or a value that is no number where the field is compared by size.
 */
export function parseCondition(key: string, wanted: string, fields: readonly string[]): Condition {
  const at = key.lastIndexOf("__");
  const field = at > 0 ? key.slice(0, at) : key;
  const name = at > 0 ? key.slice(at + 2) : "is";
  if (!fields.includes(field)) throw unknownName("field", field, fields);
  const comparison = comparisonNames.find((known) => known === name);
  if (!comparison) throw unknownName("comparison", name, comparisonNames);
  return { field, comparison, wanted };
}

/** `outChannels__gte=16` as a condition. */
export function parseWhere(text: string, fields: readonly string[]): Condition {
  const at = text.indexOf("=");
  if (at < 1)
    throw new UserError(`"${text}" is no condition`, {
      hint: "Write FIELD=VALUE or FIELD__gte=VALUE, for example outChannels__gte=16.",
      exit: "usage",
    });
  return parseCondition(text.slice(0, at), text.slice(at + 1), fields);
}

export const matchesRow = (row: Row, conditions: readonly Condition[]): boolean =>
  conditions.every(({ field, comparison, wanted }) => {
    const cell = row[field];
    return comparisons[comparison](cell, typeof cell === "number" ? Number(wanted) : wanted);
  });

/** Rows by a field, descending with a minus before it; rows without the field come last. */
export function sortRows<T extends Row>(
  rows: readonly T[],
  by: string,
  fields: readonly string[],
): readonly T[] {
  const descending = by.startsWith("-");
  const field = descending ? by.slice(1) : by;
  if (!fields.includes(field)) throw unknownName("field", field, fields);
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[field], b[field]];
    if (x === undefined || y === undefined)
      return Number(x === undefined) - Number(y === undefined);
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

const isOrdered = (cell: Cell, wanted: string | number): cell is string | number =>
  typeof cell === typeof wanted && !Number.isNaN(wanted);
