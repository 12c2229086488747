import { UserError } from "../../src/errors.ts";
import { type Network, withWidths } from "../../src/network/network.ts";
import { freeGroups, type WidthGroup } from "../../src/network/width-groups.ts";
import type { Budget, CostModel } from "../cost-model.ts";
import { type AdditiveQuantity, budgetedQuantities } from "../quantities.ts";
import { kernelTerms } from "./network-problem.ts";
import { at, type CostTerm } from "./problem.ts";
import { isOnTreadOf, treadLength } from "./treads.ts";

export interface CandidateRequest {
  readonly network: Network;
  readonly costs: CostModel;
  readonly budget: Budget;
  /** Widest width by group name; a group not named may double. */
  readonly caps: ReadonlyMap<string, number>;
  /** Widths are multiples of this; 1 when absent. */
  readonly granularity?: number;
  /** At most this many per group; 80 when absent. */
  readonly most?: number;
}

/**
 * The widths worth choosing from, ascending, by group name: those that no wider one within the cap costs as little as, at
 * the budgeted costs of the device, whatever the other groups' widths, and of treads on which costs rise slowly their ends
 * alone. So on stairs nothing below the first edge is offered, nor a width that a wider one undercuts. The cost model alone
 * is asked, so it holds for any. Widths whose cost it does not know are not offered.
 */
export function candidateWidths(request: CandidateRequest): ReadonlyMap<string, readonly number[]> {
  const { network, caps, most = 80 } = request;
  const groups = freeGroups(network);
  const capOf = (group: WidthGroup) => caps.get(group.name) ?? 2 * group.width;
  const surroundings = surroundingNetworks(network, groups, capOf);
  return new Map(
    groups.map((group) => {
      const widths = multiples(request.granularity ?? 1, capOf(group));
      const curves = costCurves(request, group, widths, surroundings);
      const known = widths.filter((_, level) => curves.some((curve) => isKnown(curve, level)));
      const offered = limitsDevice(request.budget) ? undominated(widths, curves) : known;
      return [group.name, spread(offered, most)];
    }),
  );
}

/** The group's neighbours may be narrow, as now, or wide: an edge must be one beside all of them. */
function surroundingNetworks(
  network: Network,
  groups: readonly WidthGroup[],
  capOf: (group: WidthGroup) => number,
): readonly Network[] {
  const scaled = (share: number) =>
    withWidths(
      network,
      new Map(
        groups.flatMap((group) => {
          const width = Math.round(group.width ** (1 - share) * capOf(group) ** share);
          return group.writers.map((writer) => [writer, width] as const);
        }),
      ),
    );
  return [0, 1 / 2, 1].map(scaled);
}

/** Multiples of the granularity up to the cap, and the cap itself where it is none. */
const multiples = (granularity: number, cap: number): readonly number[] => [
  ...new Set([
    ...Array.from({ length: Math.floor(cap / granularity) }, (_, i) => (i + 1) * granularity),
    ...(cap < granularity ? [cap] : []),
  ]),
];

/** One budgeted cost of the device over the widths, in one surrounding; NaN where it is unknown. */
type CostCurve = Float64Array;

const isOfDevice = (quantity: string): quantity is AdditiveQuantity =>
  quantity === "latency_s" || quantity === "energy_j";

/** Where only counts are budgeted, every width whose cost is known is as good as its gain. */
const limitsDevice = (budget: Budget): boolean => budgetedQuantities(budget).some(isOfDevice);

const deviceQuantities = (budget: Budget): readonly AdditiveQuantity[] =>
  limitsDevice(budget) ? budgetedQuantities(budget).filter(isOfDevice) : ["latency_s"];

const isKnown = (curve: CostCurve, level: number): boolean => !Number.isNaN(at(curve, level));

function costCurves(
  { costs, budget }: CandidateRequest,
  group: WidthGroup,
  widths: readonly number[],
  surroundings: readonly Network[],
): readonly CostCurve[] {
  const quantities = deviceQuantities(budget);
  return surroundings.flatMap((network) => {
    const open = [
      {
        group,
        widths: Int32Array.from(widths),
        gains: new Float64Array(widths.length),
        present: 0,
      },
    ];
    const terms = kernelTerms({ network, open, costs, quantities }).filter(
      ({ variables }) => variables.length > 0,
    );
    const totals = widths.map((_, level) => knownSum(terms, level));
    return quantities.map((_, q) => Float64Array.from(totals, (total) => total?.[q] ?? Number.NaN));
  });
}

/** Costs of the terms at a level of their only variable; undefined where the model does not know one. */
function knownSum(terms: readonly CostTerm[], level: number): Float64Array | undefined {
  try {
    const [first, ...others] = terms.map(({ costs }) => costs([level]));
    return first?.map((cost, q) => others.reduce((sum, amounts) => sum + at(amounts, q), cost));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Ends of treads, and elsewhere widths that no wider one costs as little as, beside all neighbours. */
function undominated(widths: readonly number[], curves: readonly CostCurve[]): readonly number[] {
  const tread = treadLength(widths, curves);
  const isKnownAt = (level: number) => curves.some((curve) => isKnown(curve, level));
  const isInsideTread = (level: number) =>
    isKnownAt(level + 1) && isOnTreadOf(tread, at(widths, level), at(widths, level + 1));
  const isUndercut = (level: number) =>
    widths.some(
      (_, wider) =>
        wider > level &&
        curves.some((curve) => at(curve, wider) <= at(curve, level) * (1 + rounding)) &&
        !curves.some((curve) => at(curve, wider) > at(curve, level) * (1 + rounding)),
    );
  return widths.filter(
    (_, level) => isKnownAt(level) && !isInsideTread(level) && !isUndercut(level),
  );
}

/** Sums of the same terms in another order. */
const rounding = 1e-9;

/** At most `most` of the widths, both ends among them, evenly in octaves. */
function spread(widths: readonly number[], most: number): readonly number[] {
  const [low = 1, high = 1] = [widths[0], widths[widths.length - 1]];
  if (widths.length <= most) return widths;
  const targets = Array.from({ length: most }, (_, i) => low * (high / low) ** (i / (most - 1)));
  const nearest = targets.map((target) =>
    widths.reduce((best, width) =>
      Math.abs(width - target) < Math.abs(best - target) ? width : best,
    ),
  );
  return [...new Set(nearest)];
}
