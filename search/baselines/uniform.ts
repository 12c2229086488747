import { type Network, withWidths } from "../../src/network/network.ts";
import { freeGroups, widthGroups } from "../../src/network/width-groups.ts";
import type { Budget, CostModel } from "../cost-model.ts";
import {
  budgetedQuantities,
  budgetTooSmall,
  knownQuantities,
  meetsBudget,
  type Quantities,
  type Quantity,
} from "../quantities.ts";

/** A network with all widths in one proportion to the reference's. */
export interface UniformNetwork {
  readonly network: Network;
  readonly multiplier: number;
  /** What it costs, in the quantities asked for. */
  readonly cost: Quantities;
}

export interface UniformRequest {
  /** The network at multiplier 1. */
  readonly reference: Network;
  readonly costs: CostModel;
  readonly budget: Budget;
  /** Least width of a group; the granularity when absent. */
  readonly minimum?: number;
  /** Widths are multiples of this; 1 when absent. */
  readonly granularity?: number;
  /** Largest multiplier tried: costs may not be known above. 4 when absent. */
  readonly largest?: number;
}

/** The reference with every width times `multiplier`, rounded down to the granularity. The logits stay. */
export function uniformNetwork(
  reference: Network,
  multiplier: number,
  options: Pick<UniformRequest, "minimum" | "granularity"> = {},
): Network {
  const { granularity = 1, minimum = granularity } = options;
  const scaled = (width: number): number => {
    const steps = Math.floor((width * multiplier) / granularity + rounding);
    return Math.max(minimum, granularity * steps);
  };
  const widths = freeGroups(reference).flatMap(({ writers, width }) =>
    writers.map((writer) => [writer, scaled(width)] as const),
  );
  return withWidths(reference, new Map(widths));
}

/** The largest multiplier, 4 at most, at which no width of the reference passes its cap. */
export const widestWithin = (reference: Network, caps: ReadonlyMap<string, number>): number =>
  Math.min(
    4,
    ...widthGroups(reference).map(
      ({ name, width }) => (caps.get(name) ?? Number.POSITIVE_INFINITY) / width,
    ),
  );

/** floor(w x (n / w)) is n although the product may fall short of it in the last bits. */
const rounding = 1e-9;

/**
 * The baseline every search is compared with: the largest multiplier whose network fits the budget.
 * Looked for from the widest down in steps of 1/32, since cost need not rise with width, then exactly between the
 * first that fits and the one above. Widths whose cost is not known are passed over. Throws a UserError (exit "budget") when
 * none fits.
 */
export function uniformWidths(request: UniformRequest): UniformNetwork {
  const { reference, costs, budget, granularity = 1, minimum = granularity, largest = 4 } = request;
  const quantities = budgetedQuantities(budget);
  let smallest: Quantities = {};
  const firstThatFits = (multipliers: readonly number[]): UniformNetwork | undefined => {
    for (const multiplier of multipliers) {
      const network = uniformNetwork(reference, multiplier, { minimum, granularity });
      const cost = knownQuantities(network, costs, quantities);
      if (!cost) continue;
      if (meetsBudget(cost, budget)) return { network, multiplier, cost };
      smallest = lesser(smallest, cost);
    }
    return undefined;
  };
  const coarse = firstThatFits(coarseMultipliers(largest));
  const above = (coarse?.multiplier ?? 0) + step;
  const between = firstThatFits(
    multipliersOf(reference, largest).filter((m) => m < above && m > above - step),
  );
  const found = between ?? coarse;
  if (!found) throw budgetTooSmall(reference, budget, smallest);
  return found;
}

const step = 1 / 32;
const coarseMultipliers = (largest: number): readonly number[] =>
  Array.from({ length: Math.floor(largest / step) }, (_, i) => largest - i * step);

/** Every multiplier at which some width changes, descending. */
function multipliersOf(reference: Network, largest: number): readonly number[] {
  const widths = new Set(freeGroups(reference).map(({ width }) => width));
  const multipliers = new Set<number>();
  for (const width of widths)
    for (let wide = 1; wide <= largest * width; wide++) multipliers.add(wide / width);
  return [...multipliers].sort((a, b) => b - a);
}

function lesser(one: Quantities, other: Quantities): Quantities {
  const keys = Object.keys(other) as Quantity[];
  return Object.fromEntries(
    keys.map((key) => [key, Math.min(one[key] ?? Number.POSITIVE_INFINITY, other[key] ?? 0)]),
  );
}
