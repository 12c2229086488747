import type { Network } from "../../src/network/network.ts";
import { freeGroups } from "../../src/network/width-groups.ts";
import { atWidths } from "../group-widths.ts";
import type { SearchContext } from "../method.ts";
import { scaleImportance } from "../pruning/importance.ts";
import { pruneOnce, wideEpochs } from "../pruning/prune-once.ts";
import { scalePenalty } from "../pruning/scale-penalty.ts";
import { narrowerWidths } from "../pruning/start.ts";
import { summedCost } from "../summed-cost.ts";

/** MorphNet's regulariser (Gordon et al. 2018, section 4): each scale's L1 weighted by what its channel costs, here in measured latency. */
export const morphnet = pruneOnce({
  name: "morphnet",
  summary: "slimming with each channel's penalty in proportion to its measured latency (MorphNet)",
  penalty: (network, context) =>
    scalePenalty(network, context, {
      epochs: wideEpochs(context),
      share: latencyShares(network, context),
    }),
  importance: scaleImportance,
});

/**
 * Latency per channel of each group over the mean over all channels: from its narrowest width on offer to its own, since on
 * stairs the cost of one channel is nothing or a whole tread.
 */
function latencyShares(network: Network, context: SearchContext): (group: string) => number {
  const { latency_s } = summedCost(network, context.costs);
  const candidates = narrowerWidths(network, context);
  const groups = freeGroups(network).map(({ name, width }) => {
    const narrowest = candidates.get(name)?.[0] ?? width;
    const narrowed = atWidths(network, new Map([[name, narrowest]]));
    const saved_s = latency_s - summedCost(narrowed, context.costs).latency_s;
    return { name, width, each_s: Math.max(0, saved_s) / Math.max(1, width - narrowest) };
  });
  const total_s = groups.reduce((sum, { width, each_s }) => sum + width * each_s, 0);
  const channels = groups.reduce((sum, { width }) => sum + width, 0);
  const shares = new Map(groups.map(({ name, each_s }) => [name, (each_s * channels) / total_s]));
  return (group) => (total_s > 0 ? (shares.get(group) ?? 1) : 1);
}
