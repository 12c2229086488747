import type { Finished } from "../finished.ts";
import { common, protocols } from "../frontier/protocol.ts";
import { type Setting, settingKey } from "../tasks/setting.ts";
import { trainedSchema } from "../tasks/train-task.ts";
import { isSettled, mostRounds, type Round, roundKey, roundSchema } from "./measure-round.ts";

/** As the frontier trains what searches find: shorter trainings favour other shapes (docs/search.md). */
export const training = {
  epochs: protocols.full.trainingEpochs,
  data: { name: "cifar10" },
  recipe: { ...common, name: "headroom" },
} as const;

/** All allocations are trained with the first seed; the best, and both uniform ones, with the others too. */
export const seeds = { first: 0, others: [1, 2] } as const;
/** How many others are trained again. */
export const best = 3;

/** The last round of a setting, once no further one is to come. */
export function settledRound(setting: Setting, finished: Finished): Round | undefined {
  for (let number = 1; number <= mostRounds; number++) {
    const round = finished.result(roundKey(setting, number), roundSchema);
    if (!round) return undefined;
    if (isSettled(round) || number === mostRounds) return round;
  }
  return undefined;
}

/** Both uniform ones, then the best others by held-out loss with the first seed; undefined until all are trained. */
export function chosenLabels(
  setting: Setting,
  { networks }: Round,
  finished: Finished,
): readonly string[] | undefined {
  const judged = networks.map(({ label }) => ({
    label,
    loss: finished.result(trainingKey(setting, label, seeds.first), trainedSchema)?.heldOut.loss,
  }));
  if (judged.some(({ loss }) => loss === undefined)) return undefined;
  const others = judged.filter(({ label }) => !controls.includes(label));
  others.sort((a, b) => (a.loss ?? 0) - (b.loss ?? 0));
  return [...controls, ...others.slice(0, best).map(({ label }) => label)];
}

/** What the others are held against. */
export const controls: readonly string[] = ["uniform", "uniform-on-stairs"];

export const trainingKey = (setting: Setting, label: string, seed: number): string =>
  `${settingKey(setting)}-${label.replaceAll(" ", "-")}-seed-${seed}`;
