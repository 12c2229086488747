import { filterImportance } from "../pruning/importance.ts";
import { pruneOnce } from "../pruning/prune-once.ts";

/** Filter pruning by L1 norms (Li et al. 2017), one threshold over all layers' folded filters. */
export const l1Prune = pruneOnce({
  name: "l1-prune",
  summary: "prunes the filters of least mean absolute weight from a wide network",
  importance: (network, weights) => filterImportance(network, weights, { power: 1 }),
});
