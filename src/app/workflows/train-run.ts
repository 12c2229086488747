import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { SearchData } from "../../../search/index.ts";
import type { UserError } from "../../errors.ts";
import { networkMacs, networkParameters } from "../../network/costs.ts";
import type { Network } from "../../network/network.ts";
import { progressOf } from "../../progress.ts";
import type { Engine } from "../../tensor/index.ts";
import { begin, type EpochScores, type FitPoint, trainEpochs } from "../../training/fit.ts";
import { adam, kfac, type Optimizer, sgd } from "../../training/optimizers.ts";
import type { Score } from "../../training/passes.ts";
import type { Annealing } from "../../training/schedule.ts";
import { loadTraining, saveTraining } from "../../training/state-file.ts";
import { Trainer } from "../../training/trainer.ts";
import { formatCount } from "../../units.ts";
import { checkResumable, folderRefusal } from "./resumable-folder.ts";
import { searchFile, writeTrained } from "./search-folder.ts";
import type { WorkContext } from "./work-context.ts";
import { writeReport } from "./write-report.ts";

/** Decides what a training gives; the same settings give the same weights. */
export interface TrainSettings {
  readonly data: string;
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly epochs: number;
  readonly batch: number;
  readonly seed: number;
  /** A cosine and no smoothing where absent. */
  readonly schedule?: Annealing;
  readonly labelSmoothing?: number;
  /** Of kfac alone; its own defaults where absent. */
  readonly damping?: number;
  readonly curvatureEvery?: number;
}

const optimizers = {
  sgd: ({ weightDecay }: TrainSettings) => sgd({ momentum: 0.9, nesterov: true, weightDecay }),
  adam: ({ weightDecay }: TrainSettings) => adam({ weightDecay }),
  kfac: ({ weightDecay, damping, curvatureEvery: every }: TrainSettings) =>
    kfac({
      weightDecay,
      ...(damping === undefined ? {} : { damping }),
      ...(every === undefined ? {} : { every }),
    }),
} as const satisfies Record<string, (settings: TrainSettings) => Optimizer>;
export type OptimizerName = keyof typeof optimizers;
export const optimizerNames = Object.keys(optimizers);

/** Peaks of the cosine where none is given. */
export const defaultRates: { readonly [O in OptimizerName]: number } = {
  sgd: 0.1,
  adam: 1e-3,
  kfac: 0.1,
};

export interface TrainRun {
  readonly context: WorkContext;
  readonly engine: Engine;
  readonly network: Network;
  readonly data: SearchData;
  readonly settings: TrainSettings;
  readonly folder: string;
}

/** training.json: what was trained, and how it went. */
export interface TrainingDocument {
  readonly format: "wattsplit-training";
  readonly version: 1;
  readonly network: string;
  readonly settings: TrainSettings;
  readonly macs: number;
  readonly parameters: number;
  readonly epochs: readonly EpochScores[];
  /** Read once, after the last epoch. */
  readonly test: Score;
}

/** Path of what a training under way keeps. */
export const statePath = (folder: string): string => join(folder, "training.state");
/** Path of the document that a finished training leaves. */
export const trainingPath = (folder: string): string => join(folder, "training.json");

/** Throws a UserError where `--out` holds a training and resuming was not asked for, or the reverse, or a search. */
export function checkTrainFolder(folder: string, asked: { readonly resume: boolean }): void {
  if (existsSync(searchFile(folder, "history")))
    throw folderRefusal(`${folder} holds a search`, "Give another --out folder.");
  const isUnderWay = existsSync(statePath(folder));
  const isFinished = existsSync(trainingPath(folder));
  checkResumable(folder, { kind: "training", isUnderWay, isFinished }, asked);
}

/** Trains or goes on training, and writes network.json, network.onnx, network.weights, training.json and report.html. */
export async function runTraining(run: TrainRun): Promise<TrainingDocument> {
  const { engine, network, data, settings, folder } = run;
  const optimizer = optimizers[settings.optimizer](settings);
  const started_s = performance.now() / 1000;
  const options = {
    ...settings,
    network,
    optimizer,
    train: data.train,
    heldOut: data.validation,
    augment: data.augment,
    signal: run.context.signal,
  };
  const start = savedPoint(run) ?? begin(options);
  const first = start.curve.length;
  const { state, curve } = await trainEpochs(engine, start, {
    ...options,
    onEpoch: (point) => savePoint(run, point),
    onStep: (done) => {
      const elapsed_s = performance.now() / 1000 - started_s;
      const sitting = { done: done - first, total: settings.epochs - first, elapsed_s };
      run.context.terminal.progress(progressOf(`training ${network.name}, epochs`, sitting));
    },
  });
  const trainer = new Trainer(engine, network, optimizer);
  try {
    const { losses: _, ...test } = await trainer.evaluate(state.weights, data.test);
    const document: TrainingDocument = {
      format: "wattsplit-training",
      version: 1,
      network: network.name,
      settings,
      macs: networkMacs(network),
      parameters: networkParameters(network),
      epochs: curve,
      test,
    };
    writeTrained(folder, { network, weights: state.weights });
    writeFileSync(trainingPath(folder), `${JSON.stringify(document, null, 2)}\n`);
    writeTrainingReport(run, document);
    rmSync(statePath(folder), { force: true });
    return document;
  } finally {
    await trainer.release();
  }
}

const scoresSchema = z.object({
  epoch: z.number(),
  trainingLoss: z.number(),
  heldOutLoss: z.number(),
  heldOutAccuracy: z.number(),
});
const noteSchema = z.object({ asked: z.string(), curve: z.array(scoresSchema) });

/** What a training must agree on to be gone on with. */
const askedOf = ({ network, settings }: TrainRun): string => JSON.stringify({ network, settings });

const savePoint = (run: TrainRun, { state, curve }: FitPoint): void =>
  saveTraining(statePath(run.folder), { state, note: { asked: askedOf(run), curve } });

/** Of a training that was begun under other settings than it is to be gone on with. */
export const otherSettings = (folder: string, were: string): UserError =>
  folderRefusal(
    `${folder} holds a training under other settings: ${were}`,
    "Give the flags of that training, or another --out folder.",
  );

function savedPoint(run: TrainRun): FitPoint | undefined {
  const path = statePath(run.folder);
  if (!existsSync(path)) return undefined;
  const { state, note } = loadTraining(path, noteSchema);
  if (note.asked !== askedOf(run)) throw otherSettings(run.folder, note.asked);
  return { state, curve: note.curve };
}

function writeTrainingReport(
  { context, network, data, settings, folder }: TrainRun,
  { macs, parameters, epochs, test }: TrainingDocument,
): void {
  const { optimizer, learningRate, weightDecay, batch, seed } = settings;
  const { schedule = "cosine", labelSmoothing } = settings;
  const smoothing = labelSmoothing ? `, labels smoothed by ${labelSmoothing}` : "";
  writeReport(searchFile(folder, "report"), {
    title: `Training of ${network.name} on ${settings.data}`,
    generatedAt: new Date().toISOString(),
    toolVersion: context.version,
    command: `wattsplit ${context.args.join(" ")}`,
    seed,
    delivered: {
      testAccuracy: test.accuracy,
      testedOn: `${formatCount(test.count)} test examples`,
      macs,
      parameters,
    },
    training: {
      network: network.name,
      dataset: settings.data,
      recipe: `${optimizer}, ${schedule} from ${learningRate}, weight decay ${weightDecay}, batches of ${batch}${smoothing}`,
      heldOutOn: `${formatCount(data.validation.count)} held-out training examples`,
      epochs,
    },
  });
}
