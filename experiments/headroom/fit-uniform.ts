import {
  knownQuantities,
  meetsBudget,
  type ShapeRequest,
  uniformNetwork,
} from "../../search/index.ts";
import { UserError } from "../../src/errors.ts";
import { networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import { freeGroups } from "../../src/network/width-groups.ts";
import { formatSeconds } from "../../src/units.ts";

/** Widths are multiples of this, as people choose them. */
const usual = 8;

/**
 * Uniform widths in the reference's proportions, multiples of 8, or of the runtime's block where none of those fits: of all
 * multipliers that fit the budget the one of most multiply-accumulates, since a larger multiplier may be the cheaper one.
 */
export function fitUniform(request: ShapeRequest): Network {
  const { reference, budget, granularity } = request;
  const best = largestOf(request, usual) ?? largestOf(request, granularity);
  if (best) return best;
  throw new UserError(
    `No uniform ${reference.name} fits ${formatSeconds(budget.latency_s ?? Number.POSITIVE_INFINITY)}`,
    { hint: "Choose a larger budget.", exit: "budget" },
  );
}

function largestOf(
  { reference, costs, budget, caps }: ShapeRequest,
  granularity: number,
): Network | undefined {
  const largest = Math.min(
    ...freeGroups(reference).map(({ name, width }) => (caps.get(name) ?? width) / width),
  );
  const fits = (network: Network): boolean => {
    const amounts = knownQuantities(network, costs, ["latency_s"]);
    return amounts !== undefined && meetsBudget(amounts, budget);
  };
  const steps = Array.from({ length: Math.floor(64 * largest) }, (_, i) => (i + 1) / 64);
  const fitting = steps
    .map((multiplier) => uniformNetwork(reference, multiplier, { granularity }))
    .filter(fits);
  return fitting.reduce<Network | undefined>(
    (kept, next) => (kept && networkMacs(kept) >= networkMacs(next) ? kept : next),
    undefined,
  );
}
