import { existsSync, writeFileSync } from "node:fs";
import type { CostTable } from "../../../energy-db/index.ts";
import {
  analysisIn,
  type CellWorkers,
  dropAnalysis,
  type FoundCell,
  plannedTrainings,
  searchRecurrentCell,
  type TrainedCell,
} from "../../../search/index.ts";
import { beginningOf, type Text } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import { languageModelMacs, languageModelParameters } from "../../network/cells/recurrent-cell.ts";
import { describeEdge } from "../../network/cells/wiring.ts";
import { encodeModel } from "../../onnx/index.ts";
import { progressOf } from "../../progress.ts";
import type { Engine } from "../../tensor/index.ts";
import { exportLanguageModel } from "../../training/language/export.ts";
import type { LanguageModel } from "../../training/language/language-model.ts";
import { loadLanguagePoint } from "../../training/language/language-state.ts";
import type { LanguageResult } from "../../training/language/language-trainer.ts";
import { formatDuration, formatJoules, formatNumber, formatSeconds } from "../../units.ts";
import { isStepWithin, predictStep, type StepBudget } from "./cell-cost.ts";
import { textReport } from "./report-text.ts";
import { searchFile } from "./search-folder.ts";
import {
  findTextRecipe,
  type TextRecipe,
  type TextSpeed,
  textPlan_s,
  textRecipeWithin,
} from "./text-recipes.ts";
import {
  cellTrainingPath,
  claimedRecipe,
  claimFolder,
  dropClaim,
  type TextSearchDocument,
  writeTextSearch,
} from "./text-search-folder.ts";
import { textSpeed } from "./text-speed.ts";
import { trainCell } from "./train-cell.ts";
import type { WorkContext } from "./work-context.ts";
import { writeReport } from "./write-report.ts";

export interface TextSearchRun {
  readonly context: WorkContext;
  readonly engine: Engine;
  readonly text: Text;
  readonly recipeName: string;
  readonly parameters?: number | undefined;
  /** Of one word. */
  readonly macs?: number | undefined;
  /** Of one word. */
  readonly budget?: StepBudget;
  /** By what the budget is judged; absent: nothing is predicted. */
  readonly tables?: readonly CostTable[] | undefined;
  readonly seed: number;
  readonly folder: string;
  /** Train cells on the beginning of the text that the recipe names. */
  readonly workers?: CellWorkers | undefined;
  /** The recipe is shortened so that the plan fits. */
  readonly timeLimit_s?: number | undefined;
}

/** Searches for a cell, trains it from scratch on the whole text, and writes history.json, network.onnx and report.html. */
export async function runTextSearch(run: TextSearchRun): Promise<TextSearchDocument> {
  const { context, text, parameters, macs, budget = {}, seed, folder } = run;
  const recipe = await begunRecipe(run);
  const { hiddenSize } = recipe.search;
  const words = text.words.length;
  const found = await findCell(run, recipe);
  const model = { cell: found.cell, words, hiddenSize };
  const trained = await trainFound(run, model, recipe);
  const document: TextSearchDocument = {
    format: "wattsplit-cell-search",
    version: 2,
    method: "autoshrink",
    data: text.name,
    seed,
    recipe: run.recipeName,
    epochs: { search: recipe.search.training.epochs, final: recipe.final.epochs },
    parametersLimit: parameters ?? null,
    macsLimit: macs ?? null,
    ...(budget.latency_s === undefined ? {} : { latencyLimit_s: budget.latency_s }),
    ...(budget.energy_j === undefined ? {} : { energyLimit_j: budget.energy_j }),
    ...foundRecord(found, model, run.tables),
    curve: [...trained.curve],
    heldOutPerplexity: trained.best.validationPerplexity,
    testPerplexity: trained.test,
  };
  writeFileSync(
    searchFile(folder, "model"),
    encodeModel(exportLanguageModel(model, trained.weights)),
  );
  const record = {
    command: `wattsplit ${context.args.join(" ")}`,
    toolVersion: context.version,
    generatedAt: new Date().toISOString(),
  };
  writeTextSearch(folder, record, document);
  writeReport(searchFile(folder, "report"), textReport({ document, run: record }));
  dropAnalysis(folder);
  dropClaim(folder);
  return document;
}

/** The recipe that the search in the folder began with; where none is under way, the one asked for or as much of it as fits the time. */
async function begunRecipe(run: TextSearchRun): Promise<TextRecipe> {
  const { context, text, recipeName, parameters, macs, budget, seed, folder, timeLimit_s } = run;
  const limits = { parameters, macs, ...budget };
  const asked = JSON.stringify({ data: text.name, recipe: recipeName, ...limits, seed });
  // It was written by `claimFolder`, below, for the same words.
  const begun = claimedRecipe(folder, asked) as TextRecipe | undefined;
  if (begun) return begun;
  const whole = findTextRecipe(recipeName);
  const speed = await textSpeed(run, whole);
  const work = { speed, words: text.train.length, workers: run.workers?.count ?? 1 };
  const recipe =
    timeLimit_s === undefined ? whole : textRecipeWithin(timeLimit_s, { ...work, recipe: whole });
  if (!recipe)
    throw new UserError(
      `Recipe ${recipeName} needs more than ${formatDuration(timeLimit_s ?? 0)} on this text`,
      { hint: "Give more time, or a quicker --recipe.", exit: "usage" },
    );
  context.terminal.note(planText(recipe, { ...work, whole }));
  dropAnalysis(folder);
  claimFolder(folder, asked, recipe);
  return recipe;
}

function planText(
  recipe: TextRecipe,
  {
    whole,
    ...work
  }: { readonly whole: TextRecipe; speed: TextSpeed; words: number; workers: number },
): string {
  const shortened = recipe === whole ? "" : ", the recipe shortened to fit the time";
  return (
    `Plan: ${plannedTrainings(recipe.search)} cells to train at most for ${recipe.search.training.epochs} epochs each, then the best ` +
    `from scratch for ${recipe.final.epochs}: about ${formatDuration(textPlan_s({ ...work, recipe }))}${shortened}`
  );
}

async function findCell(run: TextSearchRun, recipe: TextRecipe): Promise<FoundCell> {
  const { context, engine, text, seed, folder, workers } = run;
  const { searchTokens, search } = recipe;
  const size = { hiddenSize: search.hiddenSize, words: text.words.length };
  const found = await searchRecurrentCell({
    engine,
    text: searchTokens ? beginningOf(text, searchTokens) : text,
    settings: search,
    seed,
    exceeds: (cell) => exceeds(run, { cell, ...size }),
    analysis: analysisIn(folder, 0),
    workers,
    signal: context.signal,
    onTrained: shownTrainings(run, plannedTrainings(search)),
  });
  if (found) return found;
  throw nothingWithin(run);
}

/** Whether a model is beyond a limit of the run, in counts or by what the table says of a word. */
function exceeds(
  { parameters, macs, budget, tables }: TextSearchRun,
  model: LanguageModel,
): boolean {
  const { cell } = model;
  if (languageModelParameters(cell, model) > (parameters ?? Number.POSITIVE_INFINITY)) return true;
  if (languageModelMacs(cell, model) > (macs ?? Number.POSITIVE_INFINITY)) return true;
  return budget && tables ? !isStepWithin(predictStep(model, tables), budget) : false;
}

function nothingWithin({ parameters, macs, budget = {} }: TextSearchRun): UserError {
  const { latency_s, energy_j } = budget;
  const limits = [
    ...(parameters === undefined ? [] : [`${parameters} parameters`]),
    ...(macs === undefined ? [] : [`${macs} multiply-accumulates a word`]),
    ...(latency_s === undefined ? [] : [`${formatSeconds(latency_s)} a word`]),
    ...(energy_j === undefined ? [] : [`${formatJoules(energy_j)} a word`]),
  ];
  const within = limits.length > 0 ? ` of at most ${limits.join(" and ")}` : "";
  return new UserError(`No cell${within} trained to a finite perplexity`, {
    hint: "Raise the limits, or take another --recipe.",
    exit: "budget",
  });
}

/** Notes of what was trained, and how long the rest takes: what a killed search had trained comes at once and is not timed. */
function shownTrainings(
  { context }: TextSearchRun,
  planned: number,
): (trained: TrainedCell) => void {
  const started_s = performance.now() / 1000;
  let done = 0;
  let before = 0;
  return ({ wiring, perplexity, score, isKept }) => {
    done++;
    if (isKept) before++;
    const elapsed_s = performance.now() / 1000 - started_s;
    const sitting = { done: done - before, total: planned - before, elapsed_s };
    context.terminal.progress({ ...progressOf("search, cells", sitting), done, total: planned });
    context.terminal.note(
      `cell ${done}: ${wiring.edges.map(describeEdge).join(", ")}: perplexity ${formatNumber(perplexity)}, score ${formatNumber(score)}`,
    );
  };
}

/** Trains the cell from scratch on the whole text, or goes on with a training of it that was killed. */
async function trainFound(
  { context, engine, text, seed, folder }: TextSearchRun,
  model: LanguageModel,
  { final }: TextRecipe,
): Promise<LanguageResult & { readonly test: number }> {
  const path = cellTrainingPath(folder);
  const owner = JSON.stringify({ model, final, seed });
  const start = existsSync(path) ? loadLanguagePoint(path, owner) : undefined;
  const run = { ...final, seed };
  const label = "from scratch, epochs";
  return await trainCell({ context, engine, text, model, run, owner, path, start, label });
}

function foundRecord(
  { cell, score, steps }: FoundCell,
  model: LanguageModel,
  tables: readonly CostTable[] | undefined,
): Pick<TextSearchDocument, "steps" | "found"> {
  const { hiddenSize, words } = model;
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const recordOf = ({ wiring, perplexity, score: scored }: TrainedCell) => ({
    edges: wiring.edges.map(describeEdge),
    perplexity: finite(perplexity),
    score: finite(scored),
  });
  return {
    steps: steps.map(({ tried, kept }) => ({ tried: tried.map(recordOf), kept })),
    found: {
      nodes: cell.wiring.nodes,
      edges: cell.wiring.edges.map(describeEdge),
      activations: [...cell.activations],
      hiddenSize,
      words,
      parameters: languageModelParameters(cell, model),
      macs: languageModelMacs(cell, model),
      score,
      ...(tables ? { predicted: predictStep(model, tables) } : {}),
    },
  };
}
