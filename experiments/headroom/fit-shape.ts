import {
  type CostModel,
  candidateWidths,
  networkCost,
  uniformNetwork,
} from "../../search/index.ts";
import { UserError } from "../../src/errors.ts";
import { networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import { formatSeconds } from "../../src/units.ts";
import { growingGroups, growingWidths, withGrowingWidths } from "../widths.ts";

export interface FitRequest {
  /** The network at multiplier 1. */
  readonly reference: Network;
  readonly costs: CostModel;
  readonly budget_s: number;
  /** Widest by group: what the table answers for. */
  readonly caps: ReadonlyMap<string, number>;
  /** Widths up to the next multiple of this cost the same. */
  readonly block: number;
}

/**
 * Uniform widths as people choose them, multiples of 8 in the reference's proportions: of all multipliers that fit the
 * budget the one of most multiply-accumulates, since a larger multiplier may be the cheaper one.
 */
export function fitUniform({ reference, costs, budget_s, caps }: FitRequest): Network {
  const granularity = 8;
  const largest = Math.min(
    ...[...growingWidths(reference)].map(([name, width]) => (caps.get(name) ?? width) / width),
  );
  const steps = Array.from({ length: Math.floor(64 * largest) }, (_, i) => (i + 1) / 64);
  const fitting = steps
    .map((multiplier) => uniformNetwork(reference, multiplier, { granularity }))
    .filter((network) => knownLatency(network, costs) <= budget_s);
  const best = fitting.reduce<Network | undefined>(
    (kept, next) => (kept && networkMacs(kept) >= networkMacs(next) ? kept : next),
    undefined,
  );
  return best ?? refuse(reference, budget_s);
}

/**
 * The widest network of given shares that fits the budget, every width on an edge of the stairs: widths go up one edge at
 * a time, the one furthest behind its share first, and one that no longer fits is passed over, so that what is left of
 * the budget goes to groups with smaller steps. Once the first is passed over, shares may grow by a fifth at most.
 */
export function fitShape(
  { reference, costs, budget_s, caps, block }: FitRequest,
  weights: readonly number[],
): Network {
  const groups = growingGroups(reference);
  const edges = candidateWidths({
    network: reference,
    costs,
    budget: { latency_s: budget_s },
    caps,
    granularity: block,
    most: Number.POSITIVE_INFINITY,
  });
  const offered = groups.map(({ name }) => edges.get(name) ?? []);
  let widths = offered.map((own) => own[0] ?? 1);
  const latencyOf = (chosen: readonly number[]) =>
    networkCost(withGrowingWidths(reference, chosen), costs).latency_s;
  if (latencyOf(widths) > budget_s) refuse(reference, budget_s);
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
    if (latencyOf(wider) <= budget_s) widths = wider;
    else {
      full.add(group);
      end = Math.min(end, 1.2 * scale);
    }
  }
  return withGrowingWidths(reference, widths);
}

/** Infinite for widths that the table does not answer for, so that they are not chosen. */
function knownLatency(network: Network, costs: CostModel): number {
  try {
    return networkCost(network, costs).latency_s;
  } catch (error) {
    if (error instanceof UserError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

function refuse(reference: Network, budget_s: number): never {
  throw new UserError(`No ${reference.name} of these shares fits ${formatSeconds(budget_s)}`, {
    hint: "Choose a larger budget.",
    exit: "budget",
  });
}
