import { type ProfilePlan, planProfile } from "../../../profiler/index.ts";
import { type Recipe, recipes } from "../../../search/index.ts";
import { searchStart } from "../../network/search-start.ts";

/** The preset that the quickstart is about. */
export const quickstartNet = "mnist-cnn";

/** How much of everything a quickstart does. */
export interface QuickstartSize {
  readonly recipe: Recipe;
  readonly designNetworks: number;
  readonly heldOutNetworks: number;
  /** Of every network; as many as its interval needs where absent. */
  readonly loads?: number;
  /** Half-width of a load's 95 % interval at which sampling stops. */
  readonly targetCi: number;
  /** Waiting for calm moments: s per load of a network when profiling, s in all when verifying. */
  readonly patience: { readonly profile: number; readonly verify: number };
}

/** As patient as `profile` is: with 189 loads it waits at most 30 + 189 x 0.5 + 2 x 30 s, about three minutes. */
const full: QuickstartSize = {
  recipe: recipes.quick,
  designNetworks: 48,
  heldOutNetworks: 15,
  // Loads beyond three of a network are left to `profile`, whose intervals are finer: they take as long as the search.
  targetCi: 0.05,
  patience: { profile: 0.5, verify: 30 },
};

/** Shows that every part works, in a minute or two; nobody judges its costs, so its figures are rough. */
const trial: QuickstartSize = {
  recipe: recipes.trial,
  designNetworks: 8,
  heldOutNetworks: 0,
  loads: 1,
  targetCi: 0.5,
  patience: { profile: 0.1, verify: 1 },
};

export const quickstartSizes = { full, trial } as const;

/** What a quickstart of this size measures. */
export function quickstartPlan(
  { designNetworks, heldOutNetworks, targetCi }: QuickstartSize,
  seed: number,
): ProfilePlan {
  const { space, network, caps } = searchStart(quickstartNet);
  return planProfile({
    name: space,
    network,
    caps,
    seed,
    designNetworks,
    heldOutNetworks,
    targetCi,
  });
}
