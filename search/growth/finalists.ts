import type { Network } from "../../src/network/network.ts";
import { uniformWidths, widestWithin } from "../baselines/uniform.ts";
import { fromScratch } from "../from-scratch.ts";
import { sameWidths } from "../group-widths.ts";
import type { Candidate, SearchContext } from "../method.ts";
import { uniformOnStairs } from "./anchor.ts";

/** The networks in question, and both uniform ones of the whole budget; the first of those with equal widths. */
export function finalists(
  found: readonly { readonly label: string; readonly network: Network }[],
  context: SearchContext,
): readonly { readonly label: string; readonly network: Network }[] {
  const { reference, caps } = context;
  const plain = uniformWidths({ ...context, largest: widestWithin(reference, caps) });
  const all = [
    ...found,
    { label: "uniform on stairs", network: uniformOnStairs(context) },
    { label: "uniform", network: plain.network },
  ];
  return all.filter(
    ({ network }, i) => !all.slice(0, i).some((earlier) => sameWidths(earlier.network, network)),
  );
}

/** All from scratch, under the same draws of chance: what counts is the widths. */
export const finalistCandidates = (
  networks: readonly { readonly label: string; readonly network: Network }[],
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
