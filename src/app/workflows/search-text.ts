import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  analysisIn,
  dropAnalysis,
  plannedTrainings,
  type RecurrentSettings,
  type recipes,
  searchRecurrentCell,
  type TrainedCell,
} from "../../../search/index.ts";
import type { Text } from "../../datasets/index.ts";
import { UserError, unknownName } from "../../errors.ts";
import { languageModelParameters, type RecurrentCell } from "../../network/cells/recurrent-cell.ts";
import { describeEdge } from "../../network/cells/wiring.ts";
import { encodeModel } from "../../onnx/index.ts";
import { progressOf } from "../../progress.ts";
import type { Engine } from "../../tensor/index.ts";
import { exportLanguageModel } from "../../training/language/export.ts";
import type { LanguageModel } from "../../training/language/language-model.ts";
import { type LanguageRun, LanguageTrainer } from "../../training/language/language-trainer.ts";
import { formatNumber } from "../../units.ts";
import { searchFile } from "./search-folder.ts";
import type { WorkContext } from "./work-context.ts";

/** How a text is searched on and what is delivered is trained. */
export interface TextRecipe {
  /** Words told apart. */
  readonly words: number;
  /** Of the text's beginning, what candidates are trained and judged on; all when absent. */
  readonly searchTokens?: { readonly training: number; readonly heldOut: number };
  readonly search: RecurrentSettings;
  /** Of the cell found, from scratch, on the whole text. */
  readonly final: Omit<LanguageRun, "seed">;
}

const quickTraining = {
  batch: { rows: 20, steps: 20 },
  epochs: 4,
  learningRate: 20,
  drops: [2],
  clip: 0.25,
};
/** Of AutoShrink's release (arXiv 1911.09251): the first 4,000 lines of the Penn Treebank hold 88.8 thousand words. */
const releasedSearch: RecurrentSettings = {
  nodes: 6,
  candidates: 10,
  hiddenSize: 100,
  training: {
    batch: { rows: 128, steps: 35 },
    epochs: 10,
    learningRate: 20,
    drops: [6, 8],
    clip: 0.25,
  },
};
const releasedTokens = { training: 88_800, heldOut: 7_100 };

/** By the names of `--recipe`. */
const textRecipes: Readonly<Record<keyof typeof recipes, TextRecipe>> = {
  trial: {
    words: 100,
    searchTokens: { training: 2000, heldOut: 200 },
    search: {
      nodes: 4,
      candidates: 2,
      hiddenSize: 8,
      training: { ...quickTraining, batch: { rows: 4, steps: 5 }, epochs: 1 },
    },
    final: { ...quickTraining, batch: { rows: 4, steps: 5 }, epochs: 1 },
  },
  quick: {
    words: 1000,
    searchTokens: { training: 30_000, heldOut: 5000 },
    search: { nodes: 4, candidates: 4, hiddenSize: 48, training: quickTraining },
    final: { ...quickTraining, epochs: 8, drops: [4, 6] },
  },
  standard: {
    words: 10_000,
    searchTokens: releasedTokens,
    search: releasedSearch,
    final: { ...releasedSearch.training, epochs: 40, drops: [20, 30] },
  },
  paper: {
    words: 10_000,
    searchTokens: releasedTokens,
    search: releasedSearch,
    final: {
      batch: { rows: 64, steps: 35 },
      epochs: 3000,
      learningRate: 20,
      clip: 0.25,
      decay: 8e-7,
      averageAfter: 5,
      dropouts: { "mask-words": 0.1, "mask-input": 0.2, "mask-hidden": 0.25, "mask-output": 0.75 },
    },
  },
};

export function findTextRecipe(name: string): TextRecipe {
  const found = Object.entries(textRecipes).find(([known]) => known === name);
  if (!found) throw unknownName("recipe", name, Object.keys(textRecipes));
  return found[1];
}

interface CellRecord {
  readonly edges: readonly string[];
  /** Held out; null where training diverged. */
  readonly perplexity: number | null;
  /** null where training diverged. */
  readonly score: number | null;
}

/** history.json of a search for a recurrent cell. */
export interface TextSearchDocument {
  readonly format: "wattsplit-cell-search";
  readonly version: 1;
  readonly method: "autoshrink";
  readonly data: string;
  readonly seed: number;
  readonly recipe: string;
  /** Limit on the model's parameters; null: none. */
  readonly parametersLimit: number | null;
  readonly steps: readonly { readonly tried: readonly CellRecord[]; readonly kept: number }[];
  readonly found: {
    readonly nodes: number;
    readonly edges: readonly string[];
    /** Of nodes 1 and on. */
    readonly activations: readonly string[];
    readonly hiddenSize: number;
    readonly words: number;
    readonly parameters: number;
    readonly score: number;
  };
  /** After the training from scratch on the whole text. */
  readonly heldOutPerplexity: number;
  /** Read once, at the end. */
  readonly testPerplexity: number;
}

export interface TextSearchRun {
  readonly context: WorkContext;
  readonly engine: Engine;
  readonly text: Text;
  readonly recipeName: string;
  readonly parameters?: number | undefined;
  readonly seed: number;
  readonly folder: string;
}

/** Throws a UserError where `folder` holds a search and resuming was not asked for, or the reverse. */
export function checkTextFolder(folder: string, { resume }: { readonly resume: boolean }): void {
  const isUnderWay = existsSync(settingsPath(folder));
  if (existsSync(searchFile(folder, "history")) && !isUnderWay)
    throw refusal(`${folder} holds a finished search`, "Give another --out folder.");
  if (isUnderWay && !resume)
    throw refusal(
      `${folder} holds an unfinished search`,
      "Add --resume to go on with it, or give another --out folder.",
    );
  if (resume && !isUnderWay)
    throw refusal(
      `${folder} holds no unfinished search to resume`,
      "Leave --resume out to start one.",
    );
}

const refusal = (message: string, hint: string): UserError =>
  new UserError(message, { hint, exit: "usage" });

const settingsPath = (folder: string): string => join(folder, "cell-search.json");

/** Searches for a cell, trains it from scratch on the whole text, and writes history.json and network.onnx. */
export async function runTextSearch(run: TextSearchRun): Promise<TextSearchDocument> {
  const { context, engine, text, recipeName, parameters, seed, folder } = run;
  const recipe = findTextRecipe(recipeName);
  const { hiddenSize } = recipe.search;
  const words = text.words.length;
  const sizeOf = (cell: RecurrentCell) => languageModelParameters(cell, { hiddenSize, words });
  claim(run);
  const found = await searchRecurrentCell({
    engine,
    text: beginningOf(text, recipe),
    settings: recipe.search,
    seed,
    exceeds: (cell) => parameters !== undefined && sizeOf(cell) > parameters,
    analysis: analysisIn(folder, 0),
    signal: context.signal,
    onTrained: shownTrainings(run, plannedTrainings(recipe.search)),
  });
  if (!found)
    throw new UserError(
      parameters === undefined
        ? "No cell trained to a finite perplexity"
        : `No cell of at most ${parameters} parameters trained to a finite perplexity`,
      { hint: "Raise --parameters, or take another --recipe.", exit: "budget" },
    );
  const { cell, score, steps } = found;
  const model = { cell, words, hiddenSize };
  const trained = await trainCell(run, model, recipe);
  const document: TextSearchDocument = {
    format: "wattsplit-cell-search",
    version: 1,
    method: "autoshrink",
    data: text.name,
    seed,
    recipe: recipeName,
    parametersLimit: parameters ?? null,
    steps: steps.map(({ tried, kept }) => ({ tried: tried.map(recordOf), kept })),
    found: {
      nodes: cell.wiring.nodes,
      edges: cell.wiring.edges.map(describeEdge),
      activations: cell.activations,
      hiddenSize,
      words,
      parameters: sizeOf(cell),
      score,
    },
    heldOutPerplexity: trained.heldOut,
    testPerplexity: trained.test,
  };
  writeFileSync(
    searchFile(folder, "model"),
    encodeModel(exportLanguageModel(model, trained.weights)),
  );
  writeFileSync(searchFile(folder, "history"), `${JSON.stringify(document, null, 2)}\n`);
  dropAnalysis(folder);
  rmSync(settingsPath(folder), { force: true });
  return document;
}

/** A search is only gone on with under the settings it began with. */
function claim({ folder, text, recipeName, parameters, seed }: TextSearchRun): void {
  const settings = JSON.stringify({ data: text.name, recipe: recipeName, parameters, seed });
  const path = settingsPath(folder);
  if (!existsSync(path)) {
    dropAnalysis(folder);
    writeFileSync(path, settings);
    return;
  }
  const begun = readFileSync(path, "utf8");
  if (begun !== settings)
    throw refusal(
      `${folder} holds a search with ${begun}, not ${settings}`,
      "Give the flags of that search, or another --out folder.",
    );
}

function beginningOf(text: Text, { searchTokens }: TextRecipe): Text {
  if (!searchTokens) return text;
  const { training, heldOut } = searchTokens;
  return {
    ...text,
    train: text.train.slice(0, training),
    validation: text.validation.slice(0, heldOut),
  };
}

/** Notes of what was trained, and how long the rest takes: what a killed search had trained comes at once and is not timed. */
function shownTrainings(
  { context }: TextSearchRun,
  planned: number,
): (trained: TrainedCell) => void {
  const started_s = performance.now() / 1000;
  let done = 0;
  context.terminal.note(`Plan: ${planned} cells to train at most, then the best from scratch`);
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

async function trainCell(
  { context, engine, text, seed }: TextSearchRun,
  model: LanguageModel,
  { final }: TextRecipe,
): Promise<{
  readonly heldOut: number;
  readonly test: number;
  readonly weights: ReadonlyMap<string, Float32Array>;
}> {
  const trainer = new LanguageTrainer(engine, model, text);
  const started_s = performance.now() / 1000;
  try {
    const { best, weights } = await trainer.run({
      ...final,
      seed,
      signal: context.signal,
      onEpoch: ({ epoch }) => {
        const elapsed_s = performance.now() / 1000 - started_s;
        const sitting = { done: epoch + 1, total: final.epochs, elapsed_s };
        context.terminal.progress(progressOf("from scratch, epochs", sitting));
      },
    });
    const test = await trainer.perplexity(weights, text.test, final.batch);
    return { heldOut: best.validationPerplexity, test, weights };
  } finally {
    await trainer.release();
  }
}

const recordOf = ({ wiring, perplexity, score }: TrainedCell): CellRecord => ({
  edges: wiring.edges.map(describeEdge),
  perplexity: Number.isFinite(perplexity) ? perplexity : null,
  score: Number.isFinite(score) ? score : null,
});
