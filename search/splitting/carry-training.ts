import { slotName } from "../../src/training/train-step.ts";
import type { TrainingState } from "../../src/training/training-state.ts";
import type { Recipe } from "../recipe.ts";
import { searchOptimizer } from "../training-phase.ts";
import type { ChangedNetwork } from "./apply-channels.ts";

/** Training goes on with the changed network's weights; the momentum of every array follows its channels. */
export function carryTraining(
  { weights, carry }: ChangedNetwork,
  { slots, steps }: TrainingState,
  recipe: Recipe,
): TrainingState {
  const carried = searchOptimizer(recipe).slots.flatMap((slot) =>
    [...weights.keys()].flatMap((parameter) => {
      const array = slots.get(slotName(slot, parameter));
      return array ? [[slotName(slot, parameter), carry(array, parameter)] as const] : [];
    }),
  );
  return { weights, slots: new Map(carried), steps };
}
