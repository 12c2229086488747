import type { ForeignTable } from "../formats/foreign-table.ts";
import { interpolated, jumps } from "./curve-defects.ts";
import type { Defect, Look, NamedTable } from "./defect.ts";
import { copied, drift, tracksProcessor } from "./device-defects.ts";
import { fewSamples, notPositive, rounded, wideSpread } from "./row-defects.ts";
import { constantPower, costOfWork, rankWithWork } from "./work-defects.ts";

const looks: readonly Look[] = [
  notPositive,
  rounded,
  fewSamples,
  wideSpread,
  constantPower,
  rankWithWork,
  costOfWork,
  interpolated,
  jumps,
  copied,
  tracksProcessor,
  drift,
];

/** Looks for what published tables got wrong (docs/tables.md), alone and beside tables of other devices. */
export const defectsOf = (
  table: NamedTable,
  others: readonly NamedTable[] = [],
): readonly Defect[] => looks.flatMap((look) => look(table, others));

/** Of measured costs only what shows beside others: `checkTable` looks at their rows. */
export const comparedDefectsOf = (
  table: NamedTable,
  others: readonly NamedTable[],
): readonly Defect[] =>
  [costOfWork, copied, tracksProcessor].flatMap((look) => look(table, others));

export type DeviceRows = Pick<ForeignTable, "rows"> & { readonly device: string };

/** The defects of each table, all of them beside each other and beside the known ones. */
export function defectsAmong(
  tables: readonly DeviceRows[],
  known: readonly DeviceRows[] = [],
  find: (table: NamedTable, others: readonly NamedTable[]) => readonly Defect[] = defectsOf,
): readonly (readonly Defect[])[] {
  const named = [...tables, ...known].map((table) => ({ device: table.device, table }));
  return named.slice(0, tables.length).map((one) =>
    find(
      one,
      named.filter(({ device }) => device !== one.device),
    ),
  );
}
