import { existsSync, rmSync, writeFileSync } from "node:fs";
import { type Graph, type GraphSplit, withSplit } from "../../datasets/index.ts";
import { UserError } from "../../errors.ts";
import type { Propagation } from "../../network/propagation.ts";
import { encodeModel } from "../../onnx/index.ts";
import { progressOf } from "../../progress.ts";
import type { Engine } from "../../tensor/index.ts";
import { exportGcn } from "../../training/graph/export.ts";
import { type GcnShape, gcnParameters } from "../../training/graph/gcn.ts";
import { loadGraphPoint, saveGraphPoint } from "../../training/graph/graph-state.ts";
import {
  type GraphPoint,
  type GraphScores,
  GraphTrainer,
} from "../../training/graph/graph-trainer.ts";
import { type KfacOptions, kfacDefaults } from "../../training/kfac/kfac.ts";
import { adam, type Optimizer, sgd } from "../../training/optimizers.ts";
import { formatCount } from "../../units.ts";
import { searchFile } from "./search-folder.ts";
import { otherSettings, statePath, trainingPath } from "./train-run.ts";
import type { WorkContext } from "./work-context.ts";
import { writeReport } from "./write-report.ts";

/** Decides what the training of a graph network gives. */
export interface GraphSettings {
  readonly data: string;
  readonly split: GraphSplit;
  readonly optimizer: GraphOptimizerName;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly epochs: number;
  readonly hidden: number;
  readonly dropout: number;
  readonly seed: number;
  /** The pseudo-label term weighs (epoch / epochs)^gamma; null: there is none. */
  readonly gamma: number | null;
  readonly kfac: KfacOptions | null;
}

const optimizers = {
  sgd: (weightDecay) => sgd({ momentum: 0.9, weightDecay }),
  adam: (weightDecay) => adam({ weightDecay }),
  "sgd-kfac": (weightDecay) => sgd({ momentum: 0.9, weightDecay }),
  "adam-kfac": (weightDecay) => adam({ weightDecay }),
} as const satisfies Record<string, (weightDecay: number) => Optimizer>;
export type GraphOptimizerName = keyof typeof optimizers;
export const graphOptimizerNames = Object.keys(optimizers) as readonly GraphOptimizerName[];

/** What is left out on the command line. */
export interface GraphFlags {
  readonly data: string;
  readonly optimizer: GraphOptimizerName;
  readonly seed: number;
  readonly epochs?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly weightDecay?: number | undefined;
  readonly damping?: number | undefined;
  readonly curvatureEvery?: number | undefined;
  readonly pseudoLabels?: number | undefined;
  readonly hidden?: number | undefined;
  readonly split?: GraphSplit | undefined;
  readonly scaling?: KfacOptions["scaling"] | undefined;
  readonly head?: KfacOptions["head"] | undefined;
}

const curvatureFlags = ["damping", "curvatureEvery", "scaling", "head"] as const;

/**
 * The settings of the natural-gradient paper's release: 200 epochs at rate 0.01, weight decay 5e-4 for Adam alone, 16 hidden
 * units, half of them dropped. The damping is 0.001, at which natural gradients do there what they promise.
 */
export function graphSettings(flags: GraphFlags): GraphSettings {
  const { data, optimizer, seed, epochs, learningRate, weightDecay } = flags;
  const isNatural = optimizer.endsWith("kfac");
  const given = curvatureFlags.filter((flag) => flags[flag] !== undefined);
  if (!isNatural && given.length > 0)
    throw noCurvature(given, optimizer, ["sgd-kfac", "adam-kfac"]);
  const { damping = 0.001, curvatureEvery: every = kfacDefaults.every } = flags;
  const { scaling = kfacDefaults.scaling, head = kfacDefaults.head } = flags;
  return {
    data,
    split: flags.split ?? "public",
    optimizer,
    seed,
    epochs: epochs ?? 200,
    learningRate: learningRate ?? 0.01,
    weightDecay: weightDecay ?? (optimizer.startsWith("adam") ? 5e-4 : 0),
    hidden: flags.hidden ?? 16,
    dropout: 0.5,
    gamma: flags.pseudoLabels ?? null,
    kfac: isNatural ? { ...kfacDefaults, damping, every, scaling, head } : null,
  };
}

/** Of flags about K-FAC's curvature beside another optimiser. */
export function noCurvature(
  given: readonly string[],
  optimizer: string,
  natural: readonly string[],
): UserError {
  const flags = given.map(flagName).join(" and ");
  return new UserError(`${flags}: --optimizer ${optimizer} has no curvature`, {
    hint: `Leave it out, or give --optimizer ${natural.join(" or ")}.`,
    exit: "usage",
  });
}

const flagName = (option: string): string =>
  `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** training.json of a graph network. */
export interface GraphTrainingDocument {
  readonly format: "wattsplit-training";
  readonly version: 1;
  readonly network: "gcn";
  readonly settings: GraphSettings;
  readonly macs: number;
  readonly parameters: number;
  readonly epochs: readonly GraphScores[];
  /** The epoch of least held-out loss, whose weights are kept. */
  readonly best: GraphScores;
}

export interface GraphTrainRun {
  readonly context: WorkContext;
  readonly engine: Engine;
  readonly graph: Graph;
  readonly settings: GraphSettings;
  readonly folder: string;
}

/** An epoch takes milliseconds: its state is kept this often. */
const epochsOfState = 10;

/** Trains a graph network or goes on training it, and writes network.onnx, training.json and report.html. */
export async function runGraphTraining(asked: GraphTrainRun): Promise<GraphTrainingDocument> {
  const { context, engine, settings, folder } = asked;
  const graph = withSplit(asked.graph, settings.split);
  const { optimizer, weightDecay, gamma, kfac, hidden, epochs } = settings;
  const trainer = new GraphTrainer(engine, graph, { hidden });
  const owner = JSON.stringify({ graph: graph.name, settings });
  const start = savedPoint(folder, owner);
  const first = start?.epoch ?? 0;
  const started_s = performance.now() / 1000;
  try {
    const onEpoch = (epoch: number, point: GraphPoint): void => {
      if (epoch % epochsOfState === 0) saveGraphPoint(statePath(folder), { owner, point });
      const elapsed_s = performance.now() / 1000 - started_s;
      const sitting = { done: epoch - first, total: epochs - first, elapsed_s };
      const progress = progressOf(`training gcn on ${graph.name}, epochs`, sitting);
      context.terminal.progress({ ...progress, done: epoch, total: epochs });
    };
    const run = {
      ...settings,
      optimizer: optimizers[optimizer](weightDecay),
      gamma: gamma ?? undefined,
      kfac: kfac ?? undefined,
      signal: context.signal,
      onEpoch,
    };
    const { curve, best, weights } = await trainer.run(run, start);
    const { shape, propagation } = trainer;
    const document: GraphTrainingDocument = {
      format: "wattsplit-training",
      version: 1,
      network: "gcn",
      settings,
      macs: gcnMacs(shape, propagation),
      parameters: gcnParameters(shape).reduce((sum, { shape: [a, b] }) => sum + a * b, 0),
      epochs: curve,
      best,
    };
    writeFileSync(searchFile(folder, "model"), encodeModel(exportGcn(shape, propagation, weights)));
    writeFileSync(trainingPath(folder), `${JSON.stringify(document, null, 2)}\n`);
    writeGraphReport({ ...asked, graph }, document);
    rmSync(statePath(folder), { force: true });
    return document;
  } finally {
    await trainer.release();
  }
}

function savedPoint(folder: string, owner: string): GraphPoint | undefined {
  const path = statePath(folder);
  if (!existsSync(path)) return undefined;
  const saved = loadGraphPoint(path);
  if (saved.owner !== owner) throw otherSettings(folder, saved.owner);
  return saved.point;
}

/** Of the exported network: two dense products, two sparse ones. */
const gcnMacs = (
  { nodes, features, hidden, classes }: GcnShape,
  { values: { length: entries } }: Propagation,
): number => nodes * features * hidden + nodes * hidden * classes + entries * (hidden + classes);

function writeGraphReport(
  { context, graph, settings, folder }: GraphTrainRun,
  { macs, parameters, epochs, best }: GraphTrainingDocument,
): void {
  const { optimizer, learningRate, weightDecay, data, split, gamma, kfac, seed } = settings;
  const recipe = [
    `${optimizer} at rate ${learningRate}, weight decay ${weightDecay}, the whole graph in every step`,
    ...(kfac
      ? [
          `damping ${kfac.damping}, curvature every ${kfac.every} steps, scaled as by the ${kfac.scaling === "code" ? "released code" : "statistics of a mean"}, ${kfac.head} Fisher of the head`,
        ]
      : []),
    ...(gamma === null ? [] : [`pseudo-labels weighted by (epoch / epochs)^${gamma}`]),
  ];
  writeReport(searchFile(folder, "report"), {
    title: `Training of gcn on ${data}, ${split} split`,
    generatedAt: new Date().toISOString(),
    toolVersion: context.version,
    command: `wattsplit ${context.args.join(" ")}`,
    seed,
    delivered: {
      testAccuracy: best.testAccuracy,
      testedOn: `${formatCount(graph.test.length)} test nodes, at the epoch of least held-out loss`,
      macs,
      parameters,
    },
    training: {
      network: "gcn",
      dataset: data,
      recipe: recipe.join("; "),
      heldOutOn: `${formatCount(graph.validation.length)} held-out nodes`,
      epochs,
    },
  });
}
