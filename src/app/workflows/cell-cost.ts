import type { CostTable } from "../../../energy-db/index.ts";
import { stepsOf } from "../../network/import/index.ts";
import { encodeModel, parseOutline } from "../../onnx/index.ts";
import { exportLanguageModel } from "../../training/language/export.ts";
import { type LanguageModel, languageParameters } from "../../training/language/language-model.ts";
import { estimateModel } from "./estimate-model.ts";
import type { PredictedStep } from "./text-search-folder.ts";

/** What a device may spend on one word. */
export interface StepBudget {
  readonly latency_s?: number | undefined;
  readonly energy_j?: number | undefined;
}

/**
 * Cost of one word on the platform that the tables are of, the table to trust most first: the model's step as it is delivered,
 * node by node, its products as dense layers, what is no layer by its work. Weights do not matter to it.
 */
export function predictStep(model: LanguageModel, tables: readonly CostTable[]): PredictedStep {
  const blank = new Map(
    languageParameters(model).map(({ name, shape }) => [
      name,
      new Float32Array(shape.reduce((product, length) => product * length, 1)),
    ]),
  );
  const bytes = encodeModel(exportLanguageModel(model, blank));
  const { estimate } = estimateModel(stepsOf(parseOutline(bytes, "step"), "step"), tables);
  const { latency_s, latency_low_s, latency_high_s, guessedShare } = estimate;
  const { energy_j, energy_low_j, energy_high_j, energyProvenance } = estimate;
  return {
    ...{ latency_s, low_s: latency_low_s, high_s: latency_high_s, guessedShare },
    ...(energy_j === undefined || energy_low_j === undefined || energy_high_j === undefined
      ? {}
      : { energy_j, energy_low_j, energy_high_j }),
    ...(energyProvenance === undefined ? {} : { energyProvenance }),
  };
}

/** Whether a word stays within the budget, as far as anything tells; energy that nothing tells does not. */
export const isStepWithin = (
  { latency_s, energy_j = Number.POSITIVE_INFINITY }: PredictedStep,
  budget: StepBudget,
): boolean =>
  latency_s <= (budget.latency_s ?? Number.POSITIVE_INFINITY) &&
  energy_j <= (budget.energy_j ?? Number.POSITIVE_INFINITY);
