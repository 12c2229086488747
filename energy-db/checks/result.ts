import type { CostTable } from "../answers/cost-table.ts";
import type { StoredKernelMeasurement } from "../read-kernels.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";
import type { EnergyTable } from "../table.ts";

/** What a check may look at. */
export interface CheckInput {
  readonly table: EnergyTable;
  readonly platformId: number;
  /** In context and isolated. */
  readonly kernels: readonly StoredKernelMeasurement[];
  readonly networks: readonly StoredNetworkMeasurement[];
  readonly costs: CostTable;
}

/** What a check found. `ok` says that it ran and found nothing. */
export interface CheckResult {
  readonly severity: "ok" | "warning" | "error";
  readonly message: string;
  /** Ids of the measurement rows concerned; of network rows where networks are checked. */
  readonly rows: readonly number[];
}

export type Check = (input: CheckInput) => readonly CheckResult[];

type Rows = readonly { readonly id: number }[] | readonly number[];

const result =
  (severity: CheckResult["severity"]) =>
  (message: string, rows: Rows = []): CheckResult => ({
    severity,
    message,
    rows: rows.map((row) => (typeof row === "number" ? row : row.id)),
  });
export const ok = result("ok");
export const warning = result("warning");
export const error = result("error");
