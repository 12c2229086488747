import type { Database } from "better-sqlite3";
import { UserError } from "../src/errors.ts";
import { type MergedTable, mergedTables } from "./merged-tables.ts";
import { statement } from "./statements.ts";

/** A cell as SQLite has it. */
type Cell = string | number | bigint | Buffer | null;
type Row = Readonly<Record<string, Cell>>;

/** What came of one table of a merge. */
export interface MergedRows {
  readonly table: string;
  readonly added: number;
  /** Rows that were there before. */
  readonly known: number;
}

/**
 * Takes every row of `from` over that `into` lacks, in one transaction. Rows are told by what they name, not by their ids,
 * so that merging twice changes nothing. Where the same row says two things, nothing is merged and a UserError names it.
 */
export function mergeTables(into: Database, from: Database): readonly MergedRows[] {
  const ids = new Map<string, Map<Cell, Cell>>();
  return into
    .transaction(() => mergedTables.map((table) => mergeTable(into, from, table, ids)))
    .immediate();
}

function mergeTable(
  into: Database,
  from: Database,
  table: MergedTable,
  ids: Map<string, Map<Cell, Cell>>,
): MergedRows {
  const own = new Map<Cell, Cell>();
  ids.set(table.name, own);
  const writer = writerOf(into, table);
  let [added, known] = [0, 0];
  for (const row of statement<[], Row>(from, `select * from ${table.name}`).iterate()) {
    const translated = translate(row, table, ids);
    const existing = writer.find(translated);
    if (existing) reconcile(into, table, existing, translated);
    const id = existing ? existing.id : writer.insert(translated);
    // A rail's id is its name, and no other table refers to it.
    if (typeof row.id === "number") own.set(row.id, id ?? null);
    if (existing) known++;
    else added++;
  }
  return { table: table.name, added, known };
}

function writerOf(into: Database, { name, identity }: MergedTable) {
  const columns = statement<[string], string>(
    into,
    // Row ids are given anew.
    "select name from pragma_table_info(?) where not (name = 'id' and type = 'INTEGER')",
  )
    .pluck()
    .all(name);
  const sames = identity.map((column) => `${column} is @${column}`).join(" and ");
  const find = statement<object, Row>(into, `select * from ${name} where ${sames}`);
  const insert = statement<object>(
    into,
    `insert into ${name} (${columns.join(", ")}) values (${columns.map((column) => `@${column}`).join(", ")})`,
  );
  return {
    find: (row: Row) => find.get(row),
    insert: (row: Row): number => Number(insert.run(row).lastInsertRowid),
  };
}

/** The row with the ids that its references have in the other file. */
function translate(
  row: Row,
  { name, references = {} }: MergedTable,
  ids: ReadonlyMap<string, ReadonlyMap<Cell, Cell>>,
): Row {
  const translated = Object.entries(references).map(([column, table]) => {
    const id = row[column] ?? null;
    const there = id === null ? null : ids.get(table)?.get(id);
    if (there === undefined)
      throw new Error(`${name} refers to row ${String(id)} of ${table}, which was not merged`);
    return [column, there];
  });
  return { ...row, ...Object.fromEntries(translated) };
}

function reconcile(into: Database, table: MergedTable, ours: Row, theirs: Row): void {
  const { name, agree = [], fill = [], unite } = table;
  const contradicted = agree.find((column) => ours[column] !== theirs[column]);
  if (contradicted !== undefined)
    throw new UserError(
      `The tables contradict each other: ${name} has ${contradicted} ${String(ours[contradicted])} and ${String(theirs[contradicted])} for one row (${table.identity
        .map((column) => `${column} ${String(ours[column])}`)
        .join(", ")
        .slice(0, 200)})`,
      { hint: "One of them was changed by hand or damaged; nothing was merged.", exit: "failure" },
    );
  const changed: Record<string, Cell> = {};
  for (const column of fill)
    if (ours[column] === null && theirs[column] != null) changed[column] = theirs[column];
  if (unite !== undefined && ours[unite] !== theirs[unite])
    changed[unite] = united(ours[unite], theirs[unite]);
  const columns = Object.keys(changed);
  if (columns.length === 0) return;
  const sets = columns.map((column) => `${column} = @${column}`).join(", ");
  const where = table.identity.map((column) => `${column} is @${column}`).join(" and ");
  statement<object>(into, `update ${name} set ${sets} where ${where}`).run({ ...ours, ...changed });
}

function united(ours: Cell | undefined, theirs: Cell | undefined): string {
  const lists = [ours, theirs].map((text) => JSON.parse(String(text)) as readonly string[]);
  return JSON.stringify([...new Set(lists.flat())].sort());
}
