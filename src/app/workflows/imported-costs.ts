import type {
  CostTable,
  EnergyTable,
  ForeignQuestion,
  ForeignRow,
  StoredForeignTable,
} from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import { matchesRow, parseWhere, type Row, sortRows } from "../../row-filter.ts";
import type { KernelQuestion } from "./asked-kernel.ts";

/** What imported rows are asked by beside what kernels are. */
export interface ImportedQuestion extends KernelQuestion {
  /** Channels inside a block. */
  readonly mid?: number | undefined;
  /** What else tells rows apart, each as NAME=VALUE. */
  readonly shape?: readonly string[] | undefined;
}

/** Which device's imported table is meant; of a platform that was measured none is. */
export interface ImportedChoice {
  readonly device?: string | undefined;
  readonly platform?: number | undefined;
}

/** The table that was imported last for a device on which nothing was measured. */
export function importedTable(
  table: Pick<EnergyTable, "platforms" | "foreignTables">,
  { device, platform }: ImportedChoice,
): StoredForeignTable | undefined {
  if (device === undefined || platform !== undefined) return undefined;
  if (table.platforms().some((known) => known.device === device)) return undefined;
  return table.foreignTables(device).at(-1);
}

/** The same as costs of kernels, for what adds networks up. Throws a UserError where its rows are none. */
export async function importedCosts(
  table: EnergyTable,
  choice: ImportedChoice,
  { shape = [] }: Pick<ImportedQuestion, "shape"> = {},
): Promise<CostTable | undefined> {
  const imported = importedTable(table, choice);
  if (!imported) return undefined;
  const { importedCostTable } = await import("../../../energy-db/index.ts");
  return importedCostTable(imported, shapeOf(shape));
}

/** NAME=VALUE as what tells rows apart. */
export const shapeOf = (texts: readonly string[]): ForeignQuestion["shape"] =>
  Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(text) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      throw new UserError(`--shape ${text} is no NAME=VALUE`, {
        hint: "For example: --shape weightBits=4 activationBits=4",
        exit: "usage",
      });
    }),
  );

export function foreignQuestion({
  op,
  kernel,
  stride,
  in: input,
  out,
  mid,
  shape = [],
}: ImportedQuestion): ForeignQuestion {
  return {
    op,
    shape: {
      ...(kernel === undefined ? {} : { kernel }),
      ...(stride === undefined ? {} : { stride }),
      ...(input === undefined ? {} : { height: input.height, width: input.width }),
      ...shapeOf(shape),
    },
    widths: {
      ...(input === undefined ? {} : { in: input.channels, out: out ?? input.channels }),
      ...(mid === undefined ? {} : { mid }),
    },
  };
}

/** A row of an imported table, flat: what tells it apart stands beside its costs. */
export type ImportedRow = Readonly<Record<string, string | number>> &
  Pick<ForeignRow, "key" | "op">;

const importedRow = ({ shape, ...row }: ForeignRow): ImportedRow => ({ ...shape, ...row });

/** Names that any of the rows has, in the order they come. */
export const fieldsOf = (rows: readonly Row[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

/** Rows of the op and shape asked for, and of its widths where an output width is asked for. */
export function importedRows(
  { rows }: Pick<StoredForeignTable, "rows">,
  question: ImportedQuestion,
): readonly ImportedRow[] {
  const { op, shape, widths } = foreignQuestion(question);
  const wanted = {
    ...shape,
    ...(widths.in === undefined ? {} : { inChannels: widths.in }),
    ...(question.out === undefined ? {} : { outChannels: question.out }),
    ...(widths.mid === undefined ? {} : { midChannels: widths.mid }),
  };
  return rows
    .filter((row) => op === undefined || row.op === op)
    .map(importedRow)
    .filter((row) =>
      Object.entries(wanted).every(([name, value]) => String(row[name]) === String(value)),
    );
}

/** Rows under conditions of the filter grammar, in the order asked for, as many as asked for. */
export function chosenRows<T extends Row>(
  rows: readonly T[],
  fields: readonly string[],
  {
    where = [],
    sort,
    limit,
  }: {
    readonly where?: readonly string[] | undefined;
    readonly sort?: string | undefined;
    readonly limit?: number | undefined;
  },
): readonly T[] {
  const conditions = where.map((text) => parseWhere(text, fields));
  const kept = rows.filter((row) => matchesRow(row, conditions));
  return (sort ? sortRows(kept, sort, fields) : kept).slice(0, limit);
}
