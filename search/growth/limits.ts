import { narrowestShape, type ShapeRequest } from "../baselines/fit-shape.ts";
import type { Budget } from "../cost-model.ts";
import { budgetedQuantities, networkQuantities, type Quantities } from "../quantities.ts";

/** What widths decide about: everything between the narrowest network and the budget. */
export interface Room {
  /** Of the narrowest network: calls and kernels cost that whatever the widths. */
  readonly floor: Quantities;
  readonly budget: Budget;
}

/** Throws a UserError (exit "budget") where not even the narrowest network fits. */
export function roomOf(request: ShapeRequest): Room {
  const { costs, budget } = request;
  const floor = networkQuantities(narrowestShape(request), costs, budgetedQuantities(budget));
  return { floor, budget };
}

/** Limits that leave this share of the room; 1 is the budget. */
export const limitsAt = (share: number, { floor, budget }: Room): Budget =>
  Object.fromEntries(
    budgetedQuantities(budget).map((quantity) => {
      const [low, high] = [floor[quantity] ?? 0, budget[quantity] ?? 0];
      return [quantity, share === 1 ? high : low + share * (high - low)];
    }),
  );

/** Share of the room between two amounts, of the quantity where it is largest; at least 0. */
export const shareBetween = (before: Quantities, after: Quantities, { floor, budget }: Room) =>
  Math.max(
    0,
    ...budgetedQuantities(budget).map((quantity) => {
      const spent = (after[quantity] ?? 0) - (before[quantity] ?? 0);
      const room = (budget[quantity] ?? 0) - (floor[quantity] ?? 0);
      return room > 0 ? spent / room : 0;
    }),
  );
