import type { Network } from "../../src/network/network.ts";
import { freeGroups } from "../../src/network/width-groups.ts";
import type { Budget, CostModel } from "../cost-model.ts";
import { growingWidths, withGrowingWidths } from "../group-widths.ts";
import {
  budgetedQuantities,
  budgetTooSmall,
  knownQuantities,
  meetsBudget,
  networkQuantities,
} from "../quantities.ts";
import { candidateWidths } from "../selection/candidate-widths.ts";

export interface ShapeRequest {
  /** Its widths, times each group's weight, are the shares aimed at. */
  readonly reference: Network;
  readonly costs: CostModel;
  readonly budget: Budget;
  /** Widest by group: what the costs are known for. */
  readonly caps: ReadonlyMap<string, number>;
  readonly granularity: number;
  /** No group becomes narrower than in this network. */
  readonly least?: Network;
}

/**
 * The widest network of given shares that fits the budget, every width on an edge of the stairs: widths go up one edge at
 * a time, the one furthest behind its share first, and one that no longer fits is passed over, so that what is left of
 * the budget goes to groups with smaller steps. Once the first is passed over, shares may grow by a fifth at most.
 * `weights` are in the order of `freeGroups`. Throws a UserError (exit "budget") where the narrowest does not fit.
 */
export function fitShape(request: ShapeRequest, weights: readonly number[]): Network {
  const { reference, budget, costs } = request;
  const groups = freeGroups(reference);
  const offered = edges(request);
  let widths = [...growingWidths(narrowest(request, offered)).values()];
  const quantities = budgetedQuantities(budget);
  const steps = offered.flatMap((own, group) =>
    own.slice(1).map((width, i) => {
      const share = (groups[group]?.width ?? 1) * (weights[group] ?? 1);
      return { group, width, scale: Math.sqrt(width * (own[i] ?? width)) / share };
    }),
  );
  steps.sort((a, b) => a.scale - b.scale);
  const full = new Set<number>();
  let end = Number.POSITIVE_INFINITY;
  for (const { group, width, scale } of steps) {
    if (scale > end) break;
    if (full.has(group)) continue;
    const wider = widths.with(group, width);
    // Widths that the cost model does not answer for are not chosen.
    const amounts = knownQuantities(withGrowingWidths(reference, wider), costs, quantities);
    if (amounts && meetsBudget(amounts, budget)) widths = wider;
    else {
      full.add(group);
      end = Math.min(end, 1.2 * scale);
    }
  }
  return withGrowingWidths(reference, widths);
}

/** Every group at its first edge. Throws a UserError (exit "budget") where that does not fit. */
export const narrowestShape = (request: ShapeRequest): Network =>
  narrowest(request, edges(request));

type Edges = readonly (readonly number[])[];

function narrowest({ reference, costs, budget }: ShapeRequest, offered: Edges): Network {
  const network = withGrowingWidths(
    reference,
    offered.map((own) => own[0] ?? 1),
  );
  const least = networkQuantities(network, costs, budgetedQuantities(budget));
  if (!meetsBudget(least, budget)) throw budgetTooSmall(reference, budget, least);
  return network;
}

/** Every group's edges from the least width on; the least itself counts as one. */
function edges({ reference, costs, budget, caps, granularity, least }: ShapeRequest): Edges {
  const offered = candidateWidths({
    network: reference,
    costs,
    budget,
    caps,
    granularity,
    most: Number.POSITIVE_INFINITY,
  });
  const narrowest = least ? growingWidths(least) : undefined;
  return [...growingWidths(reference).keys()].map((group) => {
    const own = offered.get(group) ?? [];
    const from = narrowest?.get(group);
    return from === undefined ? own : [from, ...own.filter((width) => width > from)];
  });
}
