import { scaleImportance } from "../pruning/importance.ts";
import { pruneOnce, wideEpochs } from "../pruning/prune-once.ts";
import { scalePenalty } from "../pruning/scale-penalty.ts";

/** Network slimming (Liu et al. 2017): L1 on batch norm's scales, one threshold over all of them. */
export const slimming = pruneOnce({
  name: "slimming",
  summary: "prunes a wide network by batch norm's scales under an L1 penalty (network slimming)",
  penalty: (network, context) => scalePenalty(network, context, { epochs: wideEpochs(context) }),
  importance: scaleImportance,
});
