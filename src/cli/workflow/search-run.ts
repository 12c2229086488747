import { existsSync } from "node:fs";
import {
  type Budget,
  budgetedQuantities,
  budgetTooSmall,
  type CostModel,
  dropSearchState,
  type FoundNetwork,
  meetsBudget,
  networkQuantities,
  type Recipe,
  type SearchData,
  type SearchMethod,
  type SearchProgress,
  type SearchRound,
  type SplitRecord,
  search,
  searchIsUnderWay,
} from "../../../search/index.ts";
import { loadDataset, splitOff } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import { describeShape, type Network } from "../../network/network.ts";
import type { SearchStart } from "../../network/search-start.ts";
import { progressOf } from "../../progress.ts";
import { seededRandom } from "../../random.ts";
import type { Engine } from "../../tensor/index.ts";
import { formatNumber, formatPercent, formatSeconds } from "../../units.ts";
import type { CommandContext } from "../context.ts";
import { searchFile, writeFound } from "./search-folder.ts";

export interface SearchRun {
  readonly context: CommandContext;
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
}

/** Share of the training data held out to judge rounds and gains. */
const validationShare = 1 / 12;

/** Loads a data set for a search; it must fit the network's input. */
export async function searchData(
  name: string,
  input: Network["input"],
  seed: number,
): Promise<SearchData> {
  const { name: set, train, test, image } = await loadDataset(name);
  if (describeShape(image) !== describeShape(input))
    throw new UserError(
      `Data set "${name}" has ${describeShape(image)} images, the network reads ${describeShape(input)}`,
      {
        hint: "Choose --net and --data that fit: mnist-cnn with mnist, the cifar nets with cifar10.",
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
  const least = networkQuantities(start.network, costs, budgetedQuantities(budget));
  if (meetsBudget(least, left)) return left;
  throw budgetTooSmall(start.network, budget, scaled(least, 1 / (1 - margin)));
}

/** Runs or resumes a search and writes its results; the report is the caller's. */
export async function runSearch(run: SearchRun): Promise<FoundNetwork> {
  const { context, method, start, data, costs, granularity, recipe, engine, seed, folder } = run;
  const started_s = performance.now() / 1000;
  const found = await search({
    method,
    engine,
    network: start.network,
    reference: start.reference,
    caps: start.caps,
    data,
    costs,
    budget: predictedBudget(run),
    granularity,
    recipe,
    seed,
    folder,
    signal: context.signal,
    onProgress: (progress) => showProgress(context, progress, performance.now() / 1000 - started_s),
  });
  if (found.history.ended) context.terminal.note(`Growth ended: ${found.history.ended}`);
  writeFound(folder, found);
  dropSearchState(folder);
  return found;
}

/** Throws a UserError where `--out` holds a search and resuming was not asked for, or the reverse. */
export function checkFolder(folder: string, { resume }: { readonly resume: boolean }): void {
  if (existsSync(searchFile(folder, "history")) && !searchIsUnderWay(folder))
    throw new UserError(`${folder} holds a finished search`, {
      hint: "Give another --out folder.",
      exit: "usage",
    });
  if (searchIsUnderWay(folder) && !resume)
    throw new UserError(`${folder} holds an unfinished search`, {
      hint: "Add --resume to go on with it, or give another --out folder.",
      exit: "usage",
    });
  if (resume && !searchIsUnderWay(folder))
    throw new UserError(`${folder} holds no unfinished search to resume`, {
      hint: "Leave --resume out to start one.",
      exit: "usage",
    });
}

function showProgress(context: CommandContext, progress: SearchProgress, elapsed_s: number): void {
  const { label, epochsDone, epochsExpected, round } = progress;
  if (!round) {
    const done = { done: epochsDone, total: Math.ceil(epochsExpected), elapsed_s };
    context.terminal.progress(progressOf(`search, ${label}, epochs`, done));
    return;
  }
  for (const line of roundText(round)) context.terminal.note(line);
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
