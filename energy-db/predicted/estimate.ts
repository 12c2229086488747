import { UserError } from "../../src/errors.ts";
import type { Kernel } from "../../src/network/kernel.ts";
import type { Work } from "../../src/network/work.ts";
import { below } from "../answers/below.ts";
import type { CostTable } from "../answers/cost-table.ts";
import { callAsPart, energyOfGuess, energyOfParts } from "../answers/energy.ts";
import type { CostAnswer } from "../records.ts";
import { alignmentOf, asked } from "./aligned-tables.ts";
import { knownFamilies } from "./known-families.ts";
import { type WorkModel, workModel } from "./work-model.ts";

/** A part of a foreign model: a kernel where it is one of ours, and its work in any case. */
export interface AskedStep {
  readonly name: string;
  readonly kernel?: Kernel;
  readonly work: Work;
}

/** Latency and energy with what stands beside every number. */
export type StepCost = Omit<CostAnswer, "rows">;

export interface StepEstimate extends AskedStep {
  /** "predicted" where the table does not know the kernel and its work had to do. */
  readonly cost: StepCost;
  /** Ids of the measurement rows that the cost was made from, looked up when asked for; none where it was predicted. */
  rows(): readonly number[];
}

/** A foreign model's cost: steps plus the call. */
export interface ModelEstimate extends StepCost {
  readonly provenance: "predicted";
  readonly steps: readonly StepEstimate[];
  readonly overhead_s: number;
  /** Share of the latency that is predicted from work alone. */
  readonly guessedShare: number;
}

/**
 * Adds the steps up. The interval is that of whole networks for what the table knows; the error of guesses is common to
 * all of them, so it is added and not averaged out. Throws a UserError where a step cannot even be guessed.
 */
export function estimateSteps(
  tables: readonly CostTable[],
  steps: readonly AskedStep[],
): ModelEstimate {
  const ordered = knowingMostFirst(tables, steps);
  const [first] = ordered;
  if (!first) throw new Error("No costs to estimate with");
  const rough = workModelOf(tables);
  const alignment = alignmentOf(tables);
  const estimated = steps.map((step) => ({
    ...step,
    ...costOf(step, ordered, { rough, alignment }),
  }));
  const known = estimated.filter(({ cost }) => isKnown(cost));
  const guessed = estimated.filter(({ cost }) => !isKnown(cost));
  const sum_s = (parts: readonly StepEstimate[]): number =>
    parts.reduce((sum, { cost }) => sum + cost.latency_s, 0);
  const overhead_s = first.overhead.latency_s;
  const known_s = sum_s(known) + overhead_s;
  const latency_s = known_s + sum_s(guessed);
  const kernels = known.flatMap(({ kernel }) => kernel ?? []);
  const half_s = kernels.length > 0 ? first.halfOfNetwork(kernels, known_s) : 0;
  const more_s = guessed.reduce((sum, { cost }) => sum + cost.latency_high_s - cost.latency_s, 0);
  const less_s = guessed.reduce((sum, { cost }) => sum + cost.latency_s - cost.latency_low_s, 0);
  return {
    latency_s,
    latency_low_s: below(latency_s, Math.hypot(half_s, less_s) / latency_s),
    latency_high_s: latency_s + Math.hypot(half_s, more_s),
    ...energyOfParts(
      first.energyModel,
      [...estimated.map(({ cost }) => cost), callAsPart(first.overhead)],
      Math.hypot(half_s, more_s) / latency_s,
    ),
    provenance: "predicted",
    steps: estimated,
    overhead_s,
    guessedShare: sum_s(guessed) / latency_s,
  };
}

/** Whether rows of the kernel's family tell its cost: all that is not made of its work. */
export const isKnown = ({ provenance }: Pick<CostAnswer, "provenance">): boolean =>
  provenance !== "predicted";

/**
 * Tables in the order to ask them. How a network's time is split among its kernels is less certain than their sum, so that those
 * of one space add up better than some of each; of equal ones the newest fit comes first.
 */
function knowingMostFirst(
  tables: readonly CostTable[],
  steps: readonly AskedStep[],
): readonly CostTable[] {
  const kernels = steps.flatMap(({ kernel }) => kernel ?? []);
  const alignment = alignmentOf(tables);
  const known = new Map(
    tables.map((costs) => [
      costs,
      kernels.filter((kernel) => asked(costs, kernel, alignment)).length,
    ]),
  );
  return tables.toSorted((a, b) => (known.get(b) ?? 0) - (known.get(a) ?? 0));
}

/** What the kernels of a platform's tables say about work; made once for the same list of tables. */
export function workModelOf(tables: readonly CostTable[]): WorkModel {
  const known = workModels.get(tables);
  if (known) return known;
  const model = workModel(knownFamilies(tables));
  workModels.set(tables, model);
  return model;
}

/** A service estimates many models from the same tables. */
const workModels = new WeakMap<readonly CostTable[], WorkModel>();

function costOf(
  { name, kernel, work }: AskedStep,
  tables: readonly CostTable[],
  { rough, alignment }: { readonly rough: WorkModel; readonly alignment: number },
): Pick<StepEstimate, "cost" | "rows"> {
  for (const costs of kernel ? tables : []) {
    const known = kernel && asked(costs, kernel, alignment);
    if (!known) continue;
    const { rows: _, ...cost } = known;
    return { cost, rows: () => known.rows };
  }
  const guess = rough.guess(work, kernel);
  if (!guess)
    throw new UserError(`The table holds no kernel that "${name}" could be guessed from`, {
      hint: "Profile a network on this device first: wattsplit profile --device ID --net mobilenet-v1-cifar --db FILE",
      exit: "unavailable",
    });
  const { latency_s, factor } = guess;
  const cost: StepCost = {
    latency_s,
    latency_low_s: latency_s / factor,
    latency_high_s: latency_s * factor,
    ...energyOfGuess(tables[0]?.energyModel, guess),
    provenance: "predicted",
  };
  return { cost, rows: () => [] };
}
