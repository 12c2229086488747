import { UserError } from "../../src/errors.ts";
import { currentCosts } from "../fit/fit-table.ts";
import { describePlatform } from "../platforms.ts";
import type { EnergyTable } from "../table.ts";
import { type CostOptions, type CostTable, currentCostTable, platformOf } from "./cost-table.ts";

/** A platform's costs: the fit that a profile run stored, or one made now where there is none. */
export function loadCosts(
  table: EnergyTable,
  platformId: number,
  options: CostOptions = {},
): CostTable {
  const { method = "in-context", space } = options;
  const current = currentCosts(table, platformId, method, space);
  if (current) return currentCostTable(table, platformId, current, options);
  const platform = describePlatform(platformOf(table, platformId));
  throw new UserError(
    `${table.path} holds no ${method} kernel times of ${platform}${space === undefined ? "" : ` for ${space}`}`,
    { hint: "Measure some: wattsplit profile --device local --net mnist-cnn --db FILE" },
  );
}

/** Every space's costs of a platform, the newest fit first: what one does not know, another may. */
export function loadEveryCosts(
  table: EnergyTable,
  platformId: number,
): readonly [CostTable, ...CostTable[]] {
  const [newest, ...others] = table.costSpaces(platformId, "latency");
  const of = (space: string) => loadCosts(table, platformId, { space });
  return newest === undefined ? [loadCosts(table, platformId)] : [of(newest), ...others.map(of)];
}
