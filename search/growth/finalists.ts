import { UserError } from "../../src/errors.ts";
import type { Network } from "../../src/network/network.ts";
import { uniformWidths, widestWithin } from "../baselines/uniform.ts";
import { fromScratch } from "../from-scratch.ts";
import { sameWidths } from "../group-widths.ts";
import type { Candidate, SearchContext } from "../method.ts";
import { uniformOnStairs } from "./anchor.ts";

/** A network under the name that its round calls it by. */
export interface NamedNetwork {
  readonly label: string;
  readonly network: Network;
}

/** The networks in question, and both uniform ones of the whole budget; the first of those with equal widths. */
export function finalists(
  found: readonly NamedNetwork[],
  context: SearchContext,
): readonly NamedNetwork[] {
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
function plainUniform(context: SearchContext): readonly NamedNetwork[] {
  try {
    const largest = widestWithin(context.reference, context.caps);
    return [{ label: "uniform", network: uniformWidths({ ...context, largest }).network }];
  } catch (error) {
    if (error instanceof UserError && error.exit === "budget") return [];
    throw error;
  }
}

/** All from scratch, under the same draws of chance: what counts is the widths. */
export const scratchCandidates = (
  networks: readonly NamedNetwork[],
  { round, epochs }: { readonly round: number; readonly epochs: number },
  context: SearchContext,
): readonly Candidate[] =>
  networks.map(({ label, network }) => ({
    label,
    network,
    training: fromScratch(network, context, round),
    epochs,
    rate: "anneal",
  }));
