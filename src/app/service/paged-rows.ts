import type { Context } from "hono";
import { csvText } from "../../csv.ts";
import { matchesRow, parseCondition, type Row, sortRows } from "../../row-filter.ts";
import { kernelQuery, pageQuery, platformQuery } from "./schemas.ts";

interface AskedPage {
  readonly sort?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface RowsPage<T> {
  readonly schema: 1;
  readonly rows: T[];
  /** Of all pages. */
  readonly total: number;
  /** Offset of the next page; absent on the last. */
  readonly next?: number;
}

/** A page of the rows that the query string describes, and in the header Link where the next one is. */
export function pagedRows<T extends Row>(
  c: Context,
  all: readonly T[],
  fields: readonly string[],
  { sort, limit, offset }: AskedPage,
): RowsPage<T> {
  const rows = filtered(c, all, fields, sort);
  const next = offset + limit < rows.length ? offset + limit : undefined;
  if (next !== undefined) c.header("link", `<${addressOf(c, { offset: next })}>; rel="next"`);
  const found = {
    schema: 1 as const,
    rows: rows.slice(offset, offset + limit),
    total: rows.length,
  };
  return next === undefined ? found : { ...found, next };
}

/** The address of what was asked for, with another parameter: a path, right behind any proxy that keeps it. */
function addressOf(c: Context, change: Readonly<Record<string, number>>): string {
  const { pathname, searchParams } = new URL(c.req.url);
  for (const [name, value] of Object.entries(change)) searchParams.set(name, String(value));
  return `${pathname}?${searchParams}`;
}

/** Names that the question itself takes; what is left over in a query filters rows. */
const taken = new Set(
  [platformQuery, kernelQuery, pageQuery]
    .flatMap(({ shape }) => Object.keys(shape))
    .filter((name) => name !== "op" && name !== "variant"),
);

/** Rows under the conditions in the query string, in the order asked for. Throws a UserError for an unknown field. */
export function filtered<T extends Row>(
  c: Context,
  rows: readonly T[],
  fields: readonly string[],
  sort: string | undefined,
): T[] {
  const conditions = Object.entries(c.req.queries())
    .filter(([key]) => !taken.has(key))
    .flatMap(([key, values]) =>
      values.filter((value) => value !== "").map((value) => parseCondition(key, value, fields)),
    );
  const kept = rows.filter((row) => matchesRow(row, conditions));
  return [...(sort ? sortRows(kept, sort, fields) : kept)];
}

export const csv = (c: Context, rows: readonly Row[]): Response =>
  c.body(csvText(rows), 200, { "content-type": "text/csv; charset=utf-8; header=present" });
