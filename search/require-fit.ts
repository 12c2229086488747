import type { Network } from "../src/network/network.ts";
import type { SearchContext } from "./method.ts";
import {
  budgetedQuantities,
  budgetTooSmall,
  meetsBudget,
  networkQuantities,
} from "./quantities.ts";

/** Throws a UserError (exit "budget") with both numbers where the network costs more than the budget. */
export function requireFit(
  network: Network,
  { costs, budget }: Pick<SearchContext, "costs" | "budget">,
): void {
  const needed = networkQuantities(network, costs, budgetedQuantities(budget));
  if (!meetsBudget(needed, budget)) throw budgetTooSmall(network, budget, needed);
}
