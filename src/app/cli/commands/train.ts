import { Command, Option } from "commander";
import { datasetClasses, loadGraph } from "../../../datasets/index.ts";
import { UserError } from "../../../errors.ts";
import { makeFolder } from "../../../folder.ts";
import { type Network, placeLayers } from "../../../network/network.ts";
import { readNetworkFile } from "../../../network/network-file.ts";
import { findPreset } from "../../../network/presets.ts";
import { type BackendName, createEngine, type Engine } from "../../../tensor/index.ts";
import type { Annealing } from "../../../training/schedule.ts";
import { formatPercent } from "../../../units.ts";
import { searchData } from "../../workflows/search-run.ts";
import {
  type GraphOptimizerName,
  type GraphTrainingDocument,
  graphOptimizerNames,
  graphSettings,
  noCurvature,
  runGraphTraining,
} from "../../workflows/train-graph.ts";
import {
  checkTrainFolder,
  defaultRates,
  type OptimizerName,
  optimizerNames,
  runTraining,
  type TrainingDocument,
} from "../../workflows/train-run.ts";
import type { CommandContext } from "../context.ts";
import { count, nonNegative, positive, shared } from "../options.ts";
import { backendOption, labelSmoothingOption, scheduleOption } from "./search.ts";

interface TrainFlags {
  readonly net: string;
  readonly data: string;
  readonly out: string;
  readonly multiplier?: number;
  readonly optimizer: OptimizerName | GraphOptimizerName;
  readonly epochs?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly schedule?: Annealing;
  readonly labelSmoothing?: number;
  readonly damping?: number;
  readonly curvatureEvery?: number;
  readonly pseudoLabels?: number;
  readonly backend: BackendName | "auto";
  readonly trainThreads?: number;
  readonly resume?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

export function trainCommand(context: CommandContext): Command {
  return new Command("train")
    .description("plain training of a network, with its curves, checkpoints and ONNX file")
    .requiredOption("--net <name>", "preset or network.json to train, or gcn for a graph")
    .requiredOption(
      "--data <set>",
      "data set or graph to train on: NAME, or NAME:FOLDER for files of your own",
    )
    .requiredOption(
      "--out <dir>",
      "folder for network.json, network.onnx, network.tflite, training.json, report.html",
    )
    .addOption(new Option("--multiplier <x>", "width multiplier of a preset").argParser(positive))
    .addOption(
      new Option("--optimizer <name>", "what moves the weights")
        .choices([...new Set([...optimizerNames, ...graphOptimizerNames])])
        .default("sgd"),
    )
    .addOption(
      new Option(
        "--epochs <n>",
        "passes over the training data (default: 20, for a graph 200)",
      ).argParser(count),
    )
    .addOption(new Option("--batch <n>", "examples in a step (default: 128)").argParser(count))
    .addOption(
      new Option(
        "--learning-rate <rate>",
        "its peak (default: 0.1 for sgd and kfac, 0.001 for adam); for a graph constant (default: 0.01)",
      ).argParser(positive),
    )
    .addOption(
      new Option(
        "--weight-decay <rate>",
        "on kernels (default: 0.0001); for a graph on all weights (default: 0.0005 for adam, 0 for sgd)",
      ).argParser(nonNegative),
    )
    .addOption(scheduleOption())
    .addOption(labelSmoothingOption())
    .addOption(
      new Option(
        "--damping <x>",
        "of K-FAC's factors: its root is added to them (default: 0.03, for a graph 0.001)",
      ).argParser(positive),
    )
    .addOption(
      new Option(
        "--curvature-every <n>",
        "steps between two looks at K-FAC's curvature (default: 20, for a graph 50)",
      ).argParser(count),
    )
    .addOption(
      new Option(
        "--pseudo-labels <gamma>",
        "also train a graph's other nodes towards their own likeliest class, weighted by (epoch / epochs)^gamma",
      ).argParser(positive),
    )
    .addOption(backendOption())
    .addOption(new Option("--train-threads <n>", "threads of training").argParser(count))
    .option("--resume", "go on with the training in --out")
    .addOption(shared.seed())
    .addOption(shared.json())
    .action((flags: TrainFlags) => runTrainCommand(flags, context));
}

async function runTrainCommand(flags: TrainFlags, context: CommandContext): Promise<void> {
  const answer =
    flags.net === "gcn" ? await trainGraph(flags, context) : await train(flags, context);
  if (flags.json) context.terminal.answerJson(answer.document);
  else
    context.terminal.answer(
      `Test accuracy ${formatPercent(answer.accuracy)} ${answer.when}. Report: ${flags.out}/report.html`,
    );
}

interface Answer {
  readonly document: TrainingDocument | GraphTrainingDocument;
  readonly accuracy: number;
  readonly when: string;
}

async function train(flags: TrainFlags, context: CommandContext): Promise<Answer> {
  const { out, data: dataset, optimizer, seed } = flags;
  const { epochs = 20, batch = 128, weightDecay = 1e-4 } = flags;
  if (!isOptimizer(optimizer)) throw onlyForGraphs(`--optimizer ${optimizer}`);
  if (flags.pseudoLabels !== undefined) throw onlyForGraphs("--pseudo-labels");
  const given = {
    ...curvatureSettings(optimizer, flags),
    ...(flags.schedule ? { schedule: flags.schedule } : {}),
    ...(flags.labelSmoothing ? { labelSmoothing: flags.labelSmoothing } : {}),
  };
  const network = trainedNetwork(flags);
  checkTrainFolder(out, { resume: flags.resume ?? false });
  const data = await searchData(dataset, network.input, seed, (progress) =>
    context.terminal.progress(progress),
  );
  makeFolder(out);
  return await withEngine(flags, async (engine) => {
    const learningRate = flags.learningRate ?? defaultRates[optimizer];
    const rates = { learningRate, weightDecay, ...given };
    const settings = { data: dataset, optimizer, ...rates, epochs, batch, seed };
    const document = await runTraining({ context, engine, network, data, settings, folder: out });
    return { document, accuracy: document.test.accuracy, when: `after ${epochs} epochs` };
  });
}

async function trainGraph(flags: TrainFlags, context: CommandContext): Promise<Answer> {
  const { out } = flags;
  const rest = (["multiplier", "batch", "resume", "schedule", "labelSmoothing"] as const).find(
    (flag) => flags[flag] !== undefined,
  );
  if (rest)
    throw new UserError(
      `--${rest.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)} does not go with --net gcn`,
      {
        hint: "A graph network has one size, sees the whole graph in every step, and trains in seconds: start it again.",
        exit: "usage",
      },
    );
  const { optimizer } = flags;
  if (!isGraphOptimizer(optimizer))
    throw new UserError(`--optimizer ${optimizer} does not go with --net gcn`, {
      hint: `Choose among ${graphOptimizerNames.join(", ")}.`,
      exit: "usage",
    });
  const settings = graphSettings({ ...flags, optimizer });
  checkTrainFolder(out, { resume: false });
  const graph = await loadGraph(flags.data);
  makeFolder(out);
  return await withEngine(flags, async (engine) => {
    const document = await runGraphTraining({ context, engine, graph, settings, folder: out });
    const { testAccuracy: accuracy, epoch } = document.best;
    return { document, accuracy, when: `at epoch ${epoch} of ${settings.epochs}` };
  });
}

/** Of the flags about curvature, those given. */
function curvatureSettings(optimizer: OptimizerName, { damping, curvatureEvery }: TrainFlags) {
  const given = {
    ...(damping === undefined ? {} : { damping }),
    ...(curvatureEvery === undefined ? {} : { curvatureEvery }),
  };
  if (optimizer !== "kfac" && Object.keys(given).length > 0) throw noCurvature(optimizer, ["kfac"]);
  return given;
}

const isOptimizer = (name: string): name is OptimizerName => optimizerNames.includes(name);

const isGraphOptimizer = (name: string): name is GraphOptimizerName =>
  graphOptimizerNames.some((known) => known === name);

const onlyForGraphs = (flag: string): UserError =>
  new UserError(`${flag} is only for --net gcn`, {
    hint: `Leave it out, or choose among ${optimizerNames.join(", ")}.`,
    exit: "usage",
  });

async function withEngine<T>(flags: TrainFlags, use: (engine: Engine) => Promise<T>): Promise<T> {
  const threads = flags.trainThreads ? { threads: flags.trainThreads } : {};
  const engine = await createEngine({ backend: flags.backend, ...threads });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** A preset at its multiplier with as many classes as the data has, or the network of a file, which must have as many. */
function trainedNetwork({ net, data, multiplier = 1 }: TrainFlags): Network {
  const classes = datasetClasses(data);
  if (!net.endsWith(".json")) return findPreset(net).build({ multiplier, classes });
  const network = readNetworkFile(net);
  const outputs = placeLayers(network).at(-1)?.out.channels;
  if (outputs !== classes)
    throw new UserError(
      `${net} has ${outputs} outputs, data set "${data}" has ${classes} classes`,
      {
        hint: "Give a network whose last layer is as wide as the data has classes.",
        exit: "usage",
      },
    );
  return network;
}
