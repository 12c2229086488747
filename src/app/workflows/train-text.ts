import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Text } from "../../datasets/index.ts";
import { UserError, unknownName } from "../../errors.ts";
import {
  drawActivations,
  languageModelMacs,
  languageModelParameters,
  type RecurrentCell,
} from "../../network/cells/recurrent-cell.ts";
import { shrinkRnn } from "../../network/cells/recurrent-presets.ts";
import { completeWiring, describeEdge, parseEdge } from "../../network/cells/wiring.ts";
import { encodeModel } from "../../onnx/index.ts";
import { seededRandom } from "../../random.ts";
import type { Engine } from "../../tensor/index.ts";
import { exportLanguageModel } from "../../training/language/export.ts";
import { loadOwnedPoint } from "../../training/language/language-state.ts";
import type {
  LanguagePoint,
  LanguageRun,
  LanguageScores,
} from "../../training/language/language-trainer.ts";
import { searchFile } from "./search-folder.ts";
import { findTextRecipe, shorterRun } from "./text-recipes.ts";
import { textSearchSchema } from "./text-search-folder.ts";
import { trainCell } from "./train-cell.ts";
import { otherSettings, statePath, trainingPath } from "./train-run.ts";
import type { WorkContext } from "./work-context.ts";
import { writeReport } from "./write-report.ts";

/** Decides what the training of a recurrent cell gives; the same settings give the same weights. */
export interface TextTrainSettings extends Omit<LanguageRun, "signal" | "onEpoch"> {
  readonly data: string;
  readonly recipe: string;
  /** Told apart. */
  readonly words: number;
  readonly hiddenSize: number;
}

/** What is left out on the command line. */
export interface TextTrainFlags {
  readonly net: string;
  readonly data: string;
  readonly recipe: string;
  readonly seed: number;
  readonly hidden?: number | undefined;
  readonly epochs?: number | undefined;
  readonly batch?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly weightDecay?: number | undefined;
}

/** A cell to train, and how. */
export interface TextTraining {
  readonly network: string;
  readonly cell: RecurrentCell;
  readonly settings: TextTrainSettings;
}

/** Names of `--net` that are recurrent cells. */
const cellNames = ["rnn", "shrink-rnn"] as const;

export const isCellName = (net: string): boolean => cellNames.some((name) => name === net);

/**
 * The cell called `net` under a recipe's final training: `rnn`, complete, its activations drawn under the seed; `shrink-rnn`, the
 * published one; or that of a search's history.json, with as many hidden units as there.
 */
export function textTraining(flags: TextTrainFlags): TextTraining {
  const { net, data, recipe: recipeName, seed, epochs, batch, learningRate, weightDecay } = flags;
  const { words, search, final } = findTextRecipe(recipeName);
  const { cell, hiddenSize = search.hiddenSize } = cellOf(net, search.nodes, seed);
  const run = epochs === undefined ? final : shorterRun(final, epochs / final.epochs);
  return {
    network: net,
    cell,
    settings: {
      ...run,
      ...(batch === undefined ? {} : { batch: { ...run.batch, rows: batch } }),
      ...(learningRate === undefined ? {} : { learningRate }),
      ...(weightDecay === undefined ? {} : { decay: weightDecay }),
      ...{ data, recipe: recipeName, words, hiddenSize: flags.hidden ?? hiddenSize, seed },
    },
  };
}

function cellOf(
  net: string,
  nodes: number,
  seed: number,
): { readonly cell: RecurrentCell; readonly hiddenSize?: number } {
  if (net === "shrink-rnn") return { cell: shrinkRnn };
  if (net.endsWith(".json")) return foundCell(net);
  if (net !== "rnn")
    throw unknownName("recurrent cell", net, [...cellNames, "FOLDER/history.json"]);
  const activations = drawActivations(nodes, seededRandom(seed));
  return { cell: { wiring: completeWiring(nodes), activations } };
}

/** Of the history.json that a search for a recurrent cell left. */
function foundCell(path: string) {
  const parsed = textSearchSchema.safeParse(parseFile(path));
  if (!parsed.success)
    throw new UserError(`${path} holds no recurrent cell`, {
      hint: "Give the history.json of search --method autoshrink --cell rnn.",
      exit: "usage",
      cause: parsed.error,
    });
  const { nodes, edges, activations, hiddenSize } = parsed.data.found;
  return {
    cell: { wiring: { nodes, edges: edges.map(parseEdge) }, activations },
    hiddenSize,
  };
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // Refused as what holds no cell.
    return undefined;
  }
}

export interface TextTrainRun extends TextTraining {
  readonly context: WorkContext;
  readonly engine: Engine;
  readonly text: Text;
  readonly folder: string;
}

/** training.json of a recurrent cell. */
export interface TextTrainingDocument {
  readonly format: "wattsplit-training";
  readonly version: 1;
  readonly network: string;
  readonly settings: TextTrainSettings;
  readonly cell: {
    readonly nodes: number;
    readonly edges: readonly string[];
    readonly activations: readonly string[];
  };
  readonly words: number;
  readonly parameters: number;
  /** Of one word. */
  readonly macs: number;
  readonly epochs: readonly LanguageScores[];
  /** The epoch of least held-out perplexity, whose weights are kept. */
  readonly best: LanguageScores;
  /** Read once, after the last epoch. */
  readonly testPerplexity: number;
}

/** Trains a recurrent cell or goes on training it, and writes network.onnx, training.json and report.html. */
export async function runTextTraining(asked: TextTrainRun): Promise<TextTrainingDocument> {
  const { context, engine, text, network, cell, settings, folder } = asked;
  const model = { cell, words: text.words.length, hiddenSize: settings.hiddenSize };
  const owner = JSON.stringify({ network, cell, settings });
  const path = statePath(folder);
  const start = savedPoint(folder, path, owner);
  const training = { context, engine, text, model, run: settings, owner, path, start };
  const label = `training ${network}, epochs`;
  const { curve, best, weights, test } = await trainCell({ ...training, label });
  const { wiring, activations } = cell;
  const document: TextTrainingDocument = {
    format: "wattsplit-training",
    version: 1,
    network,
    settings,
    cell: { nodes: wiring.nodes, edges: wiring.edges.map(describeEdge), activations },
    words: model.words,
    parameters: languageModelParameters(cell, model),
    macs: languageModelMacs(cell, model),
    epochs: curve,
    best,
    testPerplexity: test,
  };
  writeFileSync(searchFile(folder, "model"), encodeModel(exportLanguageModel(model, weights)));
  writeFileSync(trainingPath(folder), `${JSON.stringify(document, null, 2)}\n`);
  writeTextReport(asked, document);
  rmSync(path, { force: true });
  return document;
}

function savedPoint(folder: string, path: string, owner: string): LanguagePoint | undefined {
  if (!existsSync(path)) return undefined;
  const saved = loadOwnedPoint(path);
  if (saved.owner !== owner) throw otherSettings(folder, saved.owner);
  return saved.point;
}

function writeTextReport(
  { context, text, network, settings, folder }: TextTrainRun,
  { cell, words, parameters, macs, epochs, testPerplexity }: TextTrainingDocument,
): void {
  const { hiddenSize, recipe, batch, learningRate, clip, seed } = settings;
  writeReport(searchFile(folder, "report"), {
    title: `Training of ${network} on ${text.name}`,
    generatedAt: new Date().toISOString(),
    toolVersion: context.version,
    command: `wattsplit ${context.args.join(" ")}`,
    seed,
    text: {
      method: network,
      dataset: text.name,
      recipe:
        `${cell.nodes} nodes, ${hiddenSize} hidden units, ${words} words; recipe ${recipe}: SGD from rate ${learningRate}, ` +
        `gradients clipped at ${clip}, ${batch.rows} rows of ${batch.steps} words a step`,
      curve: epochs.map(({ epoch, trainingPerplexity, validationPerplexity }) => ({
        epoch: epoch + 1,
        training: trainingPerplexity,
        heldOut: validationPerplexity,
      })),
      testPerplexity,
      parameters,
      macs,
      wiring: `${cell.edges.join(", ")}; ${cell.activations.map((name, i) => `${i + 1} ${name}`).join(", ")}`,
    },
  });
}
