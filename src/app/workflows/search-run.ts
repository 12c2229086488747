import { existsSync } from "node:fs";
import {
  type Budget,
  budgetedQuantities,
  budgetTooSmall,
  type CostModel,
  dropSearchState,
  type FoundNetwork,
  fitShape,
  meetsBudget,
  networkQuantities,
  planSearch,
  type Recipe,
  recipeWithin,
  type SearchContext,
  type SearchData,
  type SearchMethod,
  type SearchProgress,
  type SearchRound,
  type SplitRecord,
  savedRecipe,
  search,
  searchIsUnderWay,
  type TrialWorkers,
  trainingSpeed,
  uniformShape,
} from "../../../search/index.ts";
import { loadDataset, splitOff } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import { describeShape, type Network } from "../../network/network.ts";
import type { SearchStart } from "../../network/search-start.ts";
import { freeGroups } from "../../network/width-groups.ts";
import { type OnProgress, progressOf } from "../../progress.ts";
import { seededRandom } from "../../random.ts";
import type { Engine } from "../../tensor/index.ts";
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatSeconds,
} from "../../units.ts";
import { checkResumable } from "./resumable-folder.ts";
import { searchFile, writeFound } from "./search-folder.ts";
import type { WorkContext } from "./work-context.ts";

export interface SearchRun {
  readonly context: WorkContext;
  readonly method: SearchMethod;
  readonly start: SearchStart;
  readonly data: SearchData;
  readonly costs: CostModel;
  readonly budget: Budget;
  /** Share of the measured budgets that is kept for the table's error. */
  readonly margin: number;
  readonly granularity: number;
  readonly recipe: Recipe;
  readonly engine: Engine;
  readonly seed: number;
  readonly folder: string;
  /** The recipe is shortened so that the plan fits. */
  readonly timeLimit_s?: number;
  /** Train candidates at once, as many threads each as the engine has. */
  readonly workers?: TrialWorkers | undefined;
  /** Measures finalists on the device; absent where the table is to be believed. */
  readonly confirm?: SearchContext["confirm"] | undefined;
}

/** Share of the training data held out to judge rounds and gains. */
const validationShare = 1 / 12;

/** Loads a data set for a search; it must fit the network's input. */
export async function searchData(
  name: string,
  input: Network["input"],
  seed: number,
  onProgress?: OnProgress,
): Promise<SearchData> {
  const { name: set, train, test, image } = await loadDataset(name, { onProgress });
  if (describeShape(image) !== describeShape(input))
    throw new UserError(
      `Data set "${name}" has ${describeShape(image)} images, the network reads ${describeShape(input)}`,
      {
        hint: "Choose --net and --data that fit: mnist-cnn with mnist, the cifar nets with cifar10, mobilenet-v1 with images:FOLDER@224.",
        exit: "usage",
      },
    );
  const { rest, heldOut } = splitOff(train, validationShare, seededRandom(seed));
  const augment = augmentations[set];
  return { name, train: rest, validation: heldOut, test, ...(augment ? { augment } : {}) };
}

const augmentations: Readonly<Record<string, NonNullable<SearchData["augment"]>>> = {
  mnist: "shift",
  "fashion-mnist": "shift",
  cifar10: "crop-flip",
  cifar100: "crop-flip",
  images: "crop-flip",
};

/** Measured quantities keep a margin, counted ones are exact. */
function scaled<Amounts extends Budget>(amounts: Amounts, factor: number): Amounts {
  const { latency_s, energy_j } = amounts;
  return {
    ...amounts,
    ...(latency_s === undefined ? {} : { latency_s: latency_s * factor }),
    ...(energy_j === undefined ? {} : { energy_j: energy_j * factor }),
  };
}

/** What is left of the budget for predictions; refused in the caller's own numbers where nothing fits it. */
function predictedBudget({ start, costs, budget, margin }: SearchRun): Budget {
  const left = scaled(budget, 1 - margin);
  // Which path is the smallest, the method finds out.
  if (start.operators) return left;
  const least = networkQuantities(start.network, costs, budgetedQuantities(budget));
  if (meetsBudget(least, left)) return left;
  throw budgetTooSmall(start.network, budget, scaled(least, 1 / (1 - margin)));
}

/** Runs or resumes a search and writes its results; the report is the caller's. */
export async function runSearch(run: SearchRun): Promise<FoundNetwork> {
  const { context, method, start, data, costs, granularity, engine, seed, folder } = run;
  const asked: SearchContext = {
    engine,
    network: start.network,
    reference: start.reference,
    caps: start.caps,
    ...(start.operators ? { operators: start.operators } : {}),
    data,
    costs,
    budget: predictedBudget(run),
    granularity,
    recipe: run.recipe,
    seed,
    signal: context.signal,
  };
  const recipe = await plannedRecipe(run, asked);
  const { confirm, workers } = run;
  const found = await search({
    ...asked,
    ...(confirm ? { confirm } : {}),
    ...(workers ? { workers } : {}),
    method,
    recipe,
    folder,
    onProgress: progressShown(context, workers?.count ?? 1),
  });
  if (found.history.ended) context.terminal.note(`Growth ended: ${found.history.ended}`);
  writeFound(folder, found);
  dropSearchState(folder);
  return found;
}

/** About as large as what will be trained: its speed tells how long a search takes. */
function typicalNetwork(asked: SearchContext): Network {
  if (asked.operators) return asked.network;
  const hasWidths = freeGroups(asked.reference).length > 0;
  return hasWidths ? fitShape(asked, uniformShape.weights(asked.reference)) : asked.reference;
}

/** The recipe asked for, or as much of it as the time limit allows; says what the search is going to do. */
async function plannedRecipe(run: SearchRun, asked: SearchContext): Promise<Recipe> {
  const { context, method, engine, data, recipe, timeLimit_s } = run;
  const saved = savedRecipe(run.folder);
  if (saved) return timeLimit_s === undefined ? recipe : saved;
  const typical = typicalNetwork(asked);
  const now_s = () => performance.now() / 1000;
  const speed = await trainingSpeed(typical, { engine, train: data.train, recipe, now_s });
  const planOf = (changed: SearchContext) => planSearch(method, changed, speed, run.workers?.count);
  const shortened =
    timeLimit_s === undefined ? recipe : await recipeWithin(timeLimit_s, asked, planOf);
  if (!shortened)
    throw new UserError(
      `Method ${method.name} needs more than ${formatDuration(timeLimit_s ?? 0)} at ${formatNumber(speed)} examples a second`,
      { hint: "Give more time, a quicker --recipe, or another --method.", exit: "usage" },
    );
  const plan = await planOf({ ...asked, recipe: shortened });
  context.terminal.note(
    `Plan: ${plan.candidates} trainings, ${plan.epochs} epochs, ${formatCount(plan.examples)} examples at ` +
      `${formatNumber(speed)} a second: about ${formatDuration(plan.estimated_s)}` +
      `${shortened === recipe ? "" : ` (${recipe.name} shortened to fit ${formatDuration(timeLimit_s ?? 0)})`}`,
  );
  return shortened;
}

/** Throws a UserError where `--out` holds a search and resuming was not asked for, or the reverse. */
export function checkFolder(folder: string, asked: { readonly resume: boolean }): void {
  const isFinished = existsSync(searchFile(folder, "history"));
  const isUnderWay = searchIsUnderWay(folder);
  checkResumable(folder, { kind: "search", isUnderWay, isFinished }, asked);
}

/** Notes of finished rounds, and the time that the rest takes: epochs of this sitting tell it, those before a kill do not. */
function progressShown(context: WorkContext, workers: number): (progress: SearchProgress) => void {
  const started_s = performance.now() / 1000;
  let before: number | undefined;
  return ({ label, epochsDone, epochsExpected, epochsAlone, round }) => {
    before ??= epochsDone;
    if (round) {
      for (const line of roundText(round)) context.terminal.note(line);
      return;
    }
    const elapsed_s = performance.now() / 1000 - started_s;
    // What no workers share takes the time of as many epochs more.
    const left = epochsExpected - epochsDone + (workers - 1) * epochsAlone;
    const done = epochsDone - before;
    const sitting = progressOf(`search, ${label}, epochs`, { done, total: done + left, elapsed_s });
    context.terminal.progress({ ...sitting, done: epochsDone, total: Math.ceil(epochsExpected) });
  };
}

/** How far a selection may be from the best one. */
const gapText = ({ gain, gainBound }: SplitRecord): string =>
  gainBound > gain
    ? `selected within ${formatPercent((gainBound - gain) / gainBound)} of the best that fits`
    : "selected as the best that fits";

/** A line per candidate, the kept one marked. */
function roundText({ round, kind, candidates, kept, verdict }: SearchRound): readonly string[] {
  const lines = candidates.map(({ label, widths, validation, cost, split }, i) => {
    const result = validation
      ? `held-out loss ${formatNumber(validation.loss)}, accuracy ${formatPercent(validation.accuracy)}`
      : "diverged";
    return (
      `round ${round} (${kind}) ${label}${i === kept ? ", kept" : ""}: ` +
      `widths ${Object.values(widths).slice(0, -1).join("-")}, ${result}, predicted ${formatSeconds(cost.latency_s)}` +
      `${split ? `, ${gapText(split)}` : ""}`
    );
  });
  return verdict ? [...lines, verdict] : lines;
}
