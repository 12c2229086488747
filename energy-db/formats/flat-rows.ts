import { z } from "zod";
import { groupBy } from "../group-by.ts";
import { type ForeignTable, numberColumns, type SourceFile } from "./foreign-table.ts";
import { malformed, parseJson } from "./source-text.ts";
import { energyUnits, latencyUnits } from "./units.ts";

/** Columns of texts; units, details and shape are JSON. */
const texts = ["device", "dialect", "units", "details", "key", "op", "shape"] as const;

export const flatColumns: readonly {
  readonly name: string;
  readonly type: "text" | "number";
}[] = [
  { name: "table", type: "number" },
  ...texts.map((name) => ({ name, type: "text" as const })),
  ...numberColumns.map(([name]) => ({ name, type: "number" as const })),
];

export type FlatRow = Readonly<Record<string, string | number | undefined>>;

/** Every row of every table with all that its table says of it: nothing is lost. */
export const flatten = (tables: readonly ForeignTable[]): readonly FlatRow[] =>
  tables.flatMap(({ device, dialect, units, details, rows }, table) =>
    rows.map((row) => ({
      ...{ table, device, dialect, units: JSON.stringify(units), details: JSON.stringify(details) },
      ...{ key: row.key, op: row.op, shape: JSON.stringify(row.shape) },
      ...Object.fromEntries(numberColumns.map(([name, field]) => [name, row[field]])),
    })),
  );

const isFlatName = new Set(flatColumns.map(({ name }) => name));

/** Whether columns of these names are what `flatten` gives. */
export const areFlat = (names: readonly string[]): boolean =>
  names.length >= isFlatName.size && [...isFlatName].every((name) => names.includes(name));

const json = <T>(schema: z.ZodType<T>) =>
  z.string().transform((text, context): T => {
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: "JSON of another kind" });
    return z.NEVER;
  });

const words = z.record(z.string(), z.union([z.string(), z.number()]));
const flatRow = z.object({
  table: z.number(),
  device: z.string().optional(),
  dialect: z.string(),
  units: json(
    z.strictObject({
      latency: z.enum(Object.keys(latencyUnits) as (keyof typeof latencyUnits)[]).optional(),
      energy: z.enum(Object.keys(energyUnits) as (keyof typeof energyUnits)[]).optional(),
      work: z.string().optional(),
    }),
  ),
  details: json(words),
  key: z.string(),
  op: z.string(),
  shape: json(words),
  ...Object.fromEntries(numberColumns.map(([name]) => [name, z.number().optional()])),
});

/** The tables that `flatten` took apart. Throws a UserError that names the row at fault. */
export function unflatten(file: SourceFile, flat: readonly FlatRow[]): readonly ForeignTable[] {
  const rows = flat.map((given, i) => {
    const parsed = flatRow.safeParse(given);
    if (parsed.success) return { ...parsed.data, costs: given };
    const [issue] = parsed.error.issues;
    throw malformed(file, `row ${i + 1}, ${issue?.path.join(".")}`, issue?.message ?? "");
  });
  return [...groupBy(rows, ({ table }) => table).values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const { device, dialect, units, details } = first;
    return [
      {
        ...(device === undefined ? {} : { device }),
        ...{ dialect, units, details },
        rows: own.map(({ key, op, shape, costs }) => ({
          ...{ key, op, shape },
          ...Object.fromEntries(
            numberColumns.flatMap(([name, field]) =>
              costs[name] === undefined ? [] : [[field, costs[name]]],
            ),
          ),
        })),
      },
    ] as readonly ForeignTable[];
  });
}
