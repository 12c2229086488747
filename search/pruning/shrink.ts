import { UserError } from "../../src/errors.ts";
import type { Budget } from "../cost-model.ts";
import type { SearchContext } from "../method.ts";
import { onlyGroups, selectWidths, type WidthOption } from "../selection/select-widths.ts";
import { filterImportance, mostImportant } from "./importance.ts";
import { keepMostImportant, type PrunedNetwork } from "./prune.ts";
import { narrowerWidths } from "./start.ts";

/**
 * The network with these groups (all where absent) narrowed to edges so that the limits are met at the least loss of filter
 * norm; undefined where narrowing them cannot meet the limits.
 */
export function shrinkWithin(
  { network, training }: PrunedNetwork,
  limits: Budget,
  context: SearchContext,
  groups?: readonly string[],
): PrunedNetwork | undefined {
  const importance = filterImportance(network, training.weights, { power: 2 });
  const candidates = narrowerWidths(network, context);
  const all = new Map(
    [...importance].map(([group, values]) => [
      group,
      lossesOf(values, candidates.get(group) ?? []),
    ]),
  );
  const options = groups ? onlyGroups(all, groups) : all;
  try {
    const { widths } = selectWidths({ network, options, costs: context.costs, budget: limits });
    return keepMostImportant(network, training, importance, widths, context);
  } catch (error) {
    if (error instanceof UserError && error.exit === "budget") return undefined;
    throw error;
  }
}

/** Share of the group's squared norm that each narrower width gives up, as a negative gain. */
function lossesOf(importance: Float64Array, widths: readonly number[]): readonly WidthOption[] {
  const sum = (channels: Iterable<number>): number =>
    [...channels].reduce((total, channel) => total + (importance[channel] ?? 0), 0);
  const whole = sum(importance.keys());
  return widths
    .filter((width) => width < importance.length)
    .map((width) => ({
      width,
      gain: whole > 0 ? sum(mostImportant(importance, width)) / whole - 1 : 0,
    }));
}
