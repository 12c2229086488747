import type { CostTable } from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import { formatPercent } from "../../units.ts";

/** Share of the measured budgets that is kept for the table's error. */
export interface BudgetMargin {
  readonly margin: number;
  /** What a user should know of it; absent where the table predicts well. */
  readonly warning?: string;
}

/** A search picks networks that the table thinks cheap, so some margin is due to the best table. */
const least = 0.02;
/** Where nobody knows the error. */
const unknown = 0.1;
/** Errors above this deserve a word. */
const notable = 0.1;
/** Errors above this leave nothing to search by. */
const hopeless = 0.25;

/**
 * The margin that meets nine budgets in ten: the table's 90th percentile error on networks held out of it, whole, however
 * large. Throws a UserError (exit "unreliable") where that is more than a quarter.
 */
export function budgetMargin({ summary }: Pick<CostTable, "summary">): BudgetMargin {
  const { p90Error, heldOutNetworks } = summary;
  if (p90Error === undefined)
    return {
      margin: unknown,
      warning: `No network was held out of the table, so its error is not known: ${formatPercent(unknown)} of the budget is kept for it`,
    };
  if (p90Error > hopeless)
    throw new UserError(
      `One prediction in ten of the table is off by more than ${formatPercent(p90Error)} (${heldOutNetworks} networks held out): too much to search by`,
      {
        hint: "Profile again while the machine is calm, or give --margin to search all the same.",
        exit: "unreliable",
      },
    );
  const margin = Math.max(least, p90Error);
  if (p90Error <= notable) return { margin };
  return {
    margin,
    warning: `One prediction in ten of the table is off by more than ${formatPercent(p90Error)}: as much of the budget is kept for it, so the network will be smaller than it need be`,
  };
}
