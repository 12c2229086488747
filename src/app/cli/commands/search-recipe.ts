import { findRecipe, type Recipe } from "../../../../search/index.ts";
import { UserError } from "../../../errors.ts";
import type { Annealing } from "../../../training/schedule.ts";

/** Flags of `search` that change the recipe named. */
export interface RecipeFlags {
  readonly recipe: string;
  readonly method: string;
  readonly learningRate?: number;
  readonly optimizer: NonNullable<Recipe["optimizer"]>;
  readonly schedule?: Annealing;
  readonly labelSmoothing?: number;
  readonly operatorsPerBlock?: number;
  readonly macsShare?: number;
  readonly capacityExponent?: number;
  readonly costExponent?: number;
}

/** The recipe that the flags ask for. Throws a UserError where a flag means nothing to the method. */
export function recipeOf(flags: RecipeFlags): Recipe {
  const { recipe, learningRate, optimizer, schedule, labelSmoothing } = flags;
  return {
    ...findRecipe(recipe),
    ...(learningRate ? { learningRate } : {}),
    ...(schedule ? { schedule } : {}),
    ...(labelSmoothing ? { labelSmoothing } : {}),
    // Recipes train by SGD, and a search begun before there was a choice can be gone on with.
    ...(optimizer === "sgd" ? {} : { optimizer }),
    ...operatorScore(flags),
  };
}

/** Of the flags about hurricane's score, those given; refused for methods that choose no operators by it. */
function operatorScore(flags: RecipeFlags): Pick<Recipe, "operatorScore"> {
  const { operatorsPerBlock: perBlock, macsShare, capacityExponent, costExponent } = flags;
  const given = Object.entries({ perBlock, macsShare, capacityExponent, costExponent }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length === 0) return {};
  if (flags.method !== "hurricane")
    throw new UserError(`Method ${flags.method} scores no operators`, {
      hint: "Give --operators-per-block, --macs-share and the exponents with --method hurricane.",
      exit: "usage",
    });
  return { operatorScore: Object.fromEntries(given) };
}
