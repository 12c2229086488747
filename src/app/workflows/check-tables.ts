import {
  type CheckResult,
  checkTable,
  comparedDefectsOf,
  type Defect,
  defectsAmong,
  type EnergyTable,
  measuredTables,
  type PlatformSummary,
  type StoredForeignTable,
} from "../../../energy-db/index.ts";

/** What a check found in the rows of a platform, or of an imported table. */
export interface TableFinding extends Omit<CheckResult, "rows"> {
  readonly device: string;
  /** Absent for imported tables, which seldom say. */
  readonly threads?: number;
  readonly check: string;
  /** Ids of measured rows, keys of imported ones. */
  readonly rows: readonly (number | string)[];
}

/** What is checked: a device, measured and imported, or one platform; everything where neither is given. */
export interface CheckChoice {
  readonly device?: string | undefined;
  readonly platform?: number | undefined;
  /** Id of an imported table: no other one, and nothing measured. */
  readonly imported?: number | undefined;
}

/** Every check of what is asked for; devices are compared with all others. */
export function checkTables(
  table: EnergyTable,
  { device, platform, imported }: CheckChoice = {},
): readonly TableFinding[] {
  if (imported !== undefined) return importedFindings(table, ({ id }) => id === imported);
  const isAsked = (found: { readonly device: string; readonly platform?: number | undefined }) =>
    (device === undefined || found.device === device) &&
    (platform === undefined || found.platform === platform);
  const platforms = table
    .platforms()
    .filter((known) => isAsked({ device: known.device, platform: known.id }));
  return [
    ...platforms.flatMap((known) => platformFindings(table, known)),
    ...comparedFindings(table, isAsked),
    ...(platform === undefined ? importedFindings(table, isAsked) : []),
  ];
}

function platformFindings(
  table: EnergyTable,
  { id, device, threads }: PlatformSummary,
): readonly TableFinding[] {
  // Runtimes without a node profiler tell whole networks alone.
  const hasCosts =
    table.kernelFamilies(id).length > 0 ||
    table.networkMeasurements(id, { role: "design" }).length > 0;
  if (hasCosts) return checkTable(table, id).map((finding) => ({ device, threads, ...finding }));
  const message = "no network was measured to make costs of, so there is nothing to check";
  return [{ device, threads, check: "measured rows", severity: "warning", message, rows: [] }];
}

/** Measured costs beside each other and beside imported tables. */
function comparedFindings(
  table: EnergyTable,
  isAsked: (found: { readonly device: string; readonly platform: number }) => boolean,
): readonly TableFinding[] {
  const measured = measuredTables(table);
  return defectsAmong(measured, table.foreignTables(), comparedDefectsOf).flatMap((defects, i) => {
    const { device = "", details, platform = 0 } = measured[i] ?? {};
    if (!isAsked({ device, platform })) return [];
    return defects.map((defect) => findingOf(defect, device, Number(details?.threads)));
  });
}

function importedFindings(
  table: EnergyTable,
  isAsked: (table: StoredForeignTable) => boolean,
): readonly TableFinding[] {
  const imported = table.foreignTables();
  return defectsAmong(imported).flatMap((defects, i): readonly TableFinding[] => {
    const own = imported[i];
    if (!own || !isAsked(own)) return [];
    const { device, rows, source } = own;
    if (defects.length > 0) return defects.map((defect) => findingOf(defect, device));
    const message = `no defect in ${rows.length} rows of ${source.name}`;
    return [{ device, check: "imported rows", severity: "ok", message, rows: [] }];
  });
}

const findingOf = (
  { defect, severity, message, rows }: Defect,
  device: string,
  threads?: number,
): TableFinding => ({
  ...{ device, check: defect, severity, message, rows },
  ...(threads === undefined ? {} : { threads }),
});
