import { existsSync, writeFileSync } from "node:fs";
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
import {
  languageModelMacs,
  languageModelParameters,
  type RecurrentCell,
} from "../../network/cells/recurrent-cell.ts";
import { describeEdge } from "../../network/cells/wiring.ts";
import { encodeModel } from "../../onnx/index.ts";
import { progressOf } from "../../progress.ts";
import type { Engine } from "../../tensor/index.ts";
import { exportLanguageModel } from "../../training/language/export.ts";
import type { LanguageModel } from "../../training/language/language-model.ts";
import { loadLanguagePoint } from "../../training/language/language-state.ts";
import type { LanguageResult } from "../../training/language/language-trainer.ts";
import { formatDuration, formatNumber } from "../../units.ts";
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
  readonly seed: number;
  readonly folder: string;
  /** Train cells on the beginning of the text that the recipe names. */
  readonly workers?: CellWorkers | undefined;
  /** The recipe is shortened so that the plan fits. */
  readonly timeLimit_s?: number | undefined;
}

/** Searches for a cell, trains it from scratch on the whole text, and writes history.json, network.onnx and report.html. */
export async function runTextSearch(run: TextSearchRun): Promise<TextSearchDocument> {
  const { context, text, parameters, macs, seed, folder } = run;
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
    ...foundRecord(found, model),
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
  const { context, text, recipeName, parameters, macs, seed, folder, timeLimit_s } = run;
  const asked = JSON.stringify({ data: text.name, recipe: recipeName, parameters, macs, seed });
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
  const { context, engine, text, parameters, macs, seed, folder, workers } = run;
  const { searchTokens, search } = recipe;
  const size = { hiddenSize: search.hiddenSize, words: text.words.length };
  const exceeds = (cell: RecurrentCell): boolean =>
    languageModelParameters(cell, size) > (parameters ?? Number.POSITIVE_INFINITY) ||
    languageModelMacs(cell, size) > (macs ?? Number.POSITIVE_INFINITY);
  const found = await searchRecurrentCell({
    engine,
    text: searchTokens ? beginningOf(text, searchTokens) : text,
    settings: search,
    seed,
    exceeds,
    analysis: analysisIn(folder, 0),
    workers,
    signal: context.signal,
    onTrained: shownTrainings(run, plannedTrainings(search)),
  });
  if (found) return found;
  const limits = [
    ...(parameters === undefined ? [] : [`${parameters} parameters`]),
    ...(macs === undefined ? [] : [`${macs} multiply-accumulates a word`]),
  ];
  const within = limits.length > 0 ? ` of at most ${limits.join(" and ")}` : "";
  throw new UserError(`No cell${within} trained to a finite perplexity`, {
    hint: "Raise --parameters and --macs, or take another --recipe.",
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
  { hiddenSize, words }: LanguageModel,
): Pick<TextSearchDocument, "steps" | "found"> {
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
      parameters: languageModelParameters(cell, { hiddenSize, words }),
      macs: languageModelMacs(cell, { hiddenSize, words }),
      score,
    },
  };
}
