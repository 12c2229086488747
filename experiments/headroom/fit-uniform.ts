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

/**
 * Uniform widths as people choose them, multiples of 8 in the reference's proportions: of all multipliers that fit the
 * budget the one of most multiply-accumulates, since a larger multiplier may be the cheaper one.
 */
export function fitUniform({ reference, costs, budget, caps }: ShapeRequest): Network {
  const granularity = 8;
  const { latency_s: budget_s = Number.POSITIVE_INFINITY } = budget;
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
  const best = fitting.reduce<Network | undefined>(
    (kept, next) => (kept && networkMacs(kept) >= networkMacs(next) ? kept : next),
    undefined,
  );
  if (best) return best;
  throw new UserError(`No uniform ${reference.name} fits ${formatSeconds(budget_s)}`, {
    hint: "Choose a larger budget.",
    exit: "budget",
  });
}
