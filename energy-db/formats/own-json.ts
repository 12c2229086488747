import { z } from "zod";
import { costFields, type ForeignTable, type TableFormat } from "./foreign-table.ts";
import { isObject, jsonOf, malformed } from "./source-text.ts";
import { energyUnits, latencyUnits } from "./units.ts";

const shape = z.record(z.string(), z.union([z.string(), z.number()]));
const count = z.number().nonnegative().optional();
const row = z.strictObject({
  key: z.string(),
  op: z.string(),
  shape,
  inChannels: count,
  midChannels: count,
  outChannels: count,
  macs: count,
  samples: count,
  ...Object.fromEntries(costFields.map((field) => [field, z.number().optional()])),
});
const document = z.strictObject({
  format: z.literal("wattsplit-foreign-tables"),
  version: z.literal(1),
  tables: z.array(
    z.strictObject({
      device: z.string().optional(),
      dialect: z.string(),
      units: z.strictObject({
        latency: z.enum(Object.keys(latencyUnits) as (keyof typeof latencyUnits)[]).optional(),
        energy: z.enum(Object.keys(energyUnits) as (keyof typeof energyUnits)[]).optional(),
        work: z.string().optional(),
      }),
      details: shape,
      rows: z.array(row),
    }),
  ),
});

/** Imported tables as they are kept: SI numbers, nothing lost. */
export const ownJson: TableFormat = {
  id: "json",
  title: "wattsplit's own JSON",
  cannotHold: "nothing is lost",
  recognises: (file) => {
    const value = jsonOf(file);
    return isObject(value) && value.format === "wattsplit-foreign-tables";
  },
  read: (file) => {
    const parsed = document.safeParse(jsonOf(file));
    if (parsed.success) return parsed.data.tables as readonly ForeignTable[];
    const [issue] = parsed.error.issues;
    throw malformed(file, issue?.path.join(".") || "the document", issue?.message ?? "our JSON");
  },
  write: (tables) => ({
    content: `${JSON.stringify({ format: "wattsplit-foreign-tables", version: 1, tables }, null, 1)}\n`,
    lost: [],
  }),
};
