import { UserError } from "../../src/errors.ts";
import type { Network } from "../../src/network/network.ts";
import { uniformWidths, widestWithin } from "../baselines/uniform.ts";
import { fromScratch } from "../from-scratch.ts";
import { sameWidths } from "../group-widths.ts";
import type { Candidate, SearchContext } from "../method.ts";
import { uniformOnStairs } from "./anchor.ts";

interface Named {
  readonly label: string;
  readonly network: Network;
}

/** The networks in question, and both uniform ones of the whole budget; the first of those with equal widths. */
export function finalists(found: readonly Named[], context: SearchContext): readonly Named[] {
  const all = [
    ...found,
    { label: "uniform on stairs", network: uniformOnStairs(context) },
    ...plainUniform(context),
  ];
  return all.filter(
    ({ network }, i) => !all.slice(0, i).some((earlier) => sameWidths(earlier.network, network)),
  );
}

/** None where no width multiplier fits: off the edges of the stairs widths may cost twice as much. */
function plainUniform(context: SearchContext): readonly Named[] {
  try {
    const largest = widestWithin(context.reference, context.caps);
    return [{ label: "uniform", network: uniformWidths({ ...context, largest }).network }];
  } catch (error) {
    if (error instanceof UserError && error.exit === "budget") return [];
    throw error;
  }
}

/** All from scratch, under the same draws of chance: what counts is the widths. */
export const finalistCandidates = (
  networks: readonly Named[],
  round: number,
  context: SearchContext,
): readonly Candidate[] =>
  networks.map(({ label, network }) => ({
    label,
    network,
    training: fromScratch(network, context, round),
    epochs: context.recipe.finalistEpochs,
    rate: "anneal",
  }));
