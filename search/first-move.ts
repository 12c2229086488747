import { UserError } from "../src/errors.ts";
import { freeGroups } from "../src/network/width-groups.ts";
import type { Memory, Move, SearchContext, SearchMethod } from "./method.ts";

/** What a method remembers before it is asked for the first time. */
export const noMemory: Memory = { note: null, arrays: new Map() };

/** Where the method begins. Throws a UserError where there is nothing that it could choose, or (exit "budget") nothing that fits. */
export async function firstMove(method: SearchMethod, context: SearchContext): Promise<Move> {
  requireChoice(method, context);
  return await method.next({ round: 0, trained: [], memory: noMemory }, context);
}

/** Widths must be free for a method that searches for them. */
function requireChoice({ name, searchesFor }: SearchMethod, { reference }: SearchContext): void {
  if (searchesFor !== undefined || freeGroups(reference).length > 0) return;
  throw new UserError(
    `Method ${name} searches for widths, and network "${reference.name}" has none that are free: concatenations tie them`,
    { hint: "Give --method autoshrink, or another network.", exit: "usage" },
  );
}
