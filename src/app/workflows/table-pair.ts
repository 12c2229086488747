import { existsSync, realpathSync } from "node:fs";
import {
  type CostChange,
  compareCosts,
  describePlatform,
  type EnergyTable,
  fitTable,
  incomparable,
  type MergedRows,
  openTable,
  type PlatformFilter,
  type PlatformIdentity,
  type PlatformSummary,
} from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";

/** What a merge did. */
export interface Merged {
  readonly from: string;
  readonly rows: readonly MergedRows[];
  /** Platforms that both had measured: their costs are fitted anew. */
  readonly refitted: readonly string[];
}

/** Takes over what other tables hold into the one at `into`, made where it is missing; each whole or not at all. */
export function mergeInto(
  into: string,
  from: readonly string[],
  fittedAt: string,
): readonly Merged[] {
  const itself = from.find((path) => existsSync(into) && existsSync(path) && isSame(into, path));
  if (itself !== undefined)
    throw new UserError(`${itself} is the table itself`, {
      hint: "Give another table to take rows from.",
      exit: "usage",
    });
  const others = from.map((path) => openTable(path, { mode: "read" }));
  try {
    for (const other of others) other.integrity();
    const table = openTable(into, { mode: "write", create: true });
    try {
      return others.map((other) => merge(table, other, fittedAt));
    } finally {
      table.close();
    }
  } finally {
    for (const other of others) other.close();
  }
}

const isSame = (a: string, b: string): boolean => realpathSync(a) === realpathSync(b);

function merge(table: EnergyTable, other: EnergyTable, fittedAt: string): Merged {
  const before = new Map(table.platforms().map((platform) => [platform.id, platform]));
  const rows = table.mergeFrom(other);
  const grown = table.platforms().filter((platform) => hasGrown(before.get(platform.id), platform));
  const refitted = grown.filter(({ id }) => refit(table, id, fittedAt));
  return { from: other.path, rows, refitted: refitted.map(describePlatform) };
}

const hasGrown = (before: PlatformSummary | undefined, now: PlatformSummary): boolean =>
  before !== undefined && before.measurements > 0 && now.measurements > before.measurements;

/** Every space that has a fit gets one of all rows; false where none has. */
function refit(table: EnergyTable, platformId: number, fittedAt: string): boolean {
  const spaces = table.costSpaces(platformId, "latency");
  for (const space of spaces) fitTable(table, platformId, space, fittedAt);
  return spaces.length > 0;
}

export interface DiffRequest {
  readonly filter: PlatformFilter;
  /** Fields in which the platforms may differ. */
  readonly across: readonly (keyof PlatformIdentity)[];
}

/** How costs of one platform differ between two tables. Throws a UserError with the reasons where they cannot be compared. */
export function diffTables(
  before: EnergyTable,
  after: EnergyTable,
  { filter, across }: DiffRequest,
): readonly CostChange[] {
  const [was, now] = [before.findPlatform(filter), after.findPlatform(filter)];
  const reasons = incomparable(was, now, across);
  if (reasons.length > 0)
    throw new UserError(`The platforms cannot be compared: ${reasons.join("; ")}`, {
      hint: "Name what may differ: --across FIELD..., or choose other platforms by --device.",
      exit: "usage",
    });
  const compared = compareCosts(
    { table: before, platformId: was.id },
    { table: after, platformId: now.id },
  );
  if (compared.length > 0) return compared;
  throw new UserError("The tables share no network and no kernel", {
    hint: "Profile the same --net into both.",
    exit: "unavailable",
  });
}
