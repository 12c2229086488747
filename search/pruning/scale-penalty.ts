import type { Network } from "../../src/network/network.ts";
import { freeGroups } from "../../src/network/width-groups.ts";
import type { Penalty } from "../../src/training/train-step.ts";
import type { SearchContext } from "../method.ts";
import { epochExamples } from "../training-phase.ts";
import { requireScales } from "./importance.ts";

/**
 * How far the penalty would pull a scale down over the whole training if no loss held it; scales begin at 1. A rate per step
 * would mean little, since recipes differ in steps by a factor of a hundred.
 */
const pull = 2;
/** Of the momentum that all training has: a gradient counts 1 / (1 - momentum) times. */
const momentum = 0.9;

/**
 * L1 on the batch norm scales that have the last word on a channel, weighted per group: `share` averages 1 over the
 * channels.
 */
export function scalePenalty(
  network: Network,
  context: SearchContext,
  {
    epochs,
    share = () => 1,
  }: { readonly epochs: number; readonly share?: (group: string) => number },
): Penalty {
  const { recipe, data } = context;
  const steps = epochs * Math.max(1, Math.floor(epochExamples(recipe, data) / recipe.batch));
  // The mean of a cosine from its peak to 0.
  const meanRate = recipe.learningRate / 2;
  const factor = (pull * (1 - momentum)) / (meanRate * steps);
  return new Map(
    freeGroups(network).flatMap((group) =>
      requireScales(network, group).map(
        (layer) => [`${layer}/gamma`, factor * share(group.name)] as const,
      ),
    ),
  );
}
