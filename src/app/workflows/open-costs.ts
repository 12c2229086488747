import { loadStoredCosts, openTable } from "../../../energy-db/ask.ts";
import type {
  CostOptions,
  CostTable,
  EnergyTable,
  PlatformFilter,
  PlatformSummary,
} from "../../../energy-db/index.ts";
import type { CostModel } from "../../../search/index.ts";
import { costsThatKnow, isKnown, type KernelQuestion } from "./asked-kernel.ts";
import { importedCosts } from "./imported-costs.ts";

/** Flags that choose a platform's rows in a table. */
export interface TableFlags {
  readonly db: string;
  readonly device: string;
  readonly runtime?: string | undefined;
  readonly threads?: number;
  /** By its number in the table: then the other flags choose nothing. */
  readonly platform?: number | undefined;
  /** Tells rows of an imported table apart, each as NAME=VALUE. */
  readonly shape?: readonly string[] | undefined;
}

/** Opens the table read-only, hands it over, and closes it whatever happens. */
export async function withTable<T>(
  db: string,
  use: (table: EnergyTable) => T | Promise<T>,
): Promise<T> {
  const table = openTable(db, { mode: "read" });
  try {
    return await use(table);
  } finally {
    table.close();
  }
}

/** Every platform that the flags describe. */
export const platformsThat = (
  table: EnergyTable,
  flags: Omit<TableFlags, "db">,
): readonly PlatformSummary[] => table.matchingPlatforms(filterOf(flags));

/** The one platform that the flags describe. */
export const findPlatform = (table: EnergyTable, flags: Omit<TableFlags, "db">): PlatformSummary =>
  table.findPlatform(filterOf(flags));

const filterOf = ({
  device,
  runtime,
  threads,
  platform,
}: Omit<TableFlags, "db">): PlatformFilter =>
  platform === undefined
    ? { device, ...(runtime ? { runtime } : {}), ...(threads ? { threads } : {}) }
    : { id: platform };

/** The costs of the one platform that the flags describe, or of the device's imported table where nothing of it was measured. What fits costs is loaded where none are stored. */
export async function costsOf(
  table: EnergyTable,
  flags: Omit<TableFlags, "db">,
  { space, method }: CostOptions = {},
): Promise<CostTable> {
  const imported = await importedCosts(table, flags, flags);
  if (imported) return imported;
  const { id } = findPlatform(table, flags);
  const options = { ...(space ? { space } : {}), ...(method ? { method } : {}) };
  const stored = loadStoredCosts(table, id, options);
  if (stored) return stored;
  const { loadCosts } = await import("../../../energy-db/index.ts");
  return loadCosts(table, id, options);
}

/** The same, or those of another space where only they know the kernel asked for. */
export async function costsOfKernel(
  table: EnergyTable,
  flags: Omit<TableFlags, "db">,
  question: KernelQuestion,
  { method }: CostOptions,
): Promise<CostTable> {
  const newest = await costsOf(table, flags, method ? { method } : {});
  if (newest.method !== "in-context" || !question.op || isKnown(question, newest)) return newest;
  const { loadEveryCosts } = await import("../../../energy-db/index.ts");
  return costsThatKnow([newest, ...loadEveryCosts(table, newest.platform.id)], question);
}

/** The costs of every space of that platform, the newest fit first; an imported table has one. */
export async function everyCostsOf(
  table: EnergyTable,
  flags: Omit<TableFlags, "db">,
): Promise<readonly [CostTable, ...CostTable[]]> {
  const imported = await importedCosts(table, flags, flags);
  if (imported) return [imported];
  const { loadEveryCosts } = await import("../../../energy-db/index.ts");
  return loadEveryCosts(table, findPlatform(table, flags).id);
}

/** The table as the search sees it. */
export const costModelOf = (costs: CostTable): CostModel => ({
  source: costs.source,
  overhead: costs.overhead,
  kernel: (kernel) => costs.cost(kernel),
});
