import { Command, Option } from "commander";
import { datasetClasses, graphSplits, textPrefix } from "../../../datasets/index.ts";
import { UserError } from "../../../errors.ts";
import { makeFolder } from "../../../folder.ts";
import { type Network, placeLayers } from "../../../network/network.ts";
import { readNetworkFile } from "../../../network/network-file.ts";
import { findPreset } from "../../../network/presets.ts";
import { formatPercent } from "../../../units.ts";
import { searchData } from "../../workflows/search-run.ts";
import { graphOptimizerNames, noCurvature } from "../../workflows/train-graph.ts";
import {
  checkTrainFolder,
  defaultRates,
  type OptimizerName,
  optimizerNames,
  runTraining,
} from "../../workflows/train-run.ts";
import { isCellName } from "../../workflows/train-text.ts";
import type { CommandContext } from "../context.ts";
import { count, nonNegative, positive, shared } from "../options.ts";
import { withTrainers } from "../trainers.ts";
import { backendOption, labelSmoothingOption, scheduleOption } from "./search.ts";
import {
  refuseFlags,
  type TrainAnswer,
  type TrainFlags,
  type TrainingKind,
} from "./train-flags.ts";
import { trainGraph, trainText } from "./train-others.ts";

const images: TrainingKind = {
  words: "a network of layers",
  refused: ["pseudoLabels", "scaling", "head", "hidden", "split", "recipe"],
  hint: "It is for --net gcn, or for recurrent cells on a text.",
};

export function trainCommand(context: CommandContext): Command {
  return new Command("train")
    .description("plain training of a network, with its curves, checkpoints and ONNX file")
    .requiredOption(
      "--net <name>",
      "preset or network.json to train; gcn for a graph; rnn, shrink-rnn or the history.json of a cell found for a text",
    )
    .requiredOption(
      "--data <set>",
      "data set, graph or text to train on: NAME, NAME:FOLDER for files of your own, or text:FILE",
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
        "passes over the training data (default: 20, for a graph 200, for a text the recipe's)",
      ).argParser(count),
    )
    .addOption(
      new Option(
        "--batch <n>",
        "examples in a step (default: 128); of a text rows side by side (default: the recipe's)",
      ).argParser(count),
    )
    .addOption(
      new Option("--recipe <name>", "of a text: trial, quick, standard or paper").default(
        "standard",
      ),
    )
    .addOption(
      new Option(
        "--hidden <n>",
        "hidden units of a graph network (default: 16) or recurrent cell (default: the recipe's, or the found cell's)",
      ).argParser(count),
    )
    .addOption(
      new Option(
        "--learning-rate <rate>",
        "its peak (default: 0.1 for sgd and kfac, 0.001 for adam); for a graph constant (default: 0.01); for a text falling as the recipe says",
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
        "--split <name>",
        "of a graph's nodes: the file's, all others trained on too, or all but the last 1,000 (default: public)",
      ).choices(graphSplits),
    )
    .addOption(
      new Option(
        "--scaling <kind>",
        "of a graph's factors: as in the released code, or as the statistics of a mean ask for (default: code)",
      ).choices(["code", "statistical"]),
    )
    .addOption(
      new Option(
        "--head <kind>",
        "Fisher of a graph's last layer: of gradients, or exactly that of the softmax (default: empirical)",
      ).choices(["empirical", "exact"]),
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
    .action((flags: TrainFlags, command: Command) => runTrainCommand(flags, command, context));
}

async function runTrainCommand(
  flags: TrainFlags,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const answer = await kindOf(flags)(flags, command, context);
  if (flags.json) context.terminal.answerJson(answer.document);
  else context.terminal.answer(`${answer.result}. Report: ${flags.out}/report.html`);
}

function kindOf({ net, data }: TrainFlags) {
  if (net === "gcn") return trainGraph;
  return isCellName(net) || data.startsWith(textPrefix) ? trainText : train;
}

async function train(
  flags: TrainFlags,
  command: Command,
  context: CommandContext,
): Promise<TrainAnswer> {
  refuseFlags(command, images);
  const { out, data: dataset, optimizer, seed } = flags;
  const { epochs = 20, batch = 128, weightDecay = 1e-4 } = flags;
  if (!isOptimizer(optimizer))
    throw new UserError(`--optimizer ${optimizer} is only for --net gcn`, {
      hint: `Choose among ${optimizerNames.join(", ")}.`,
      exit: "usage",
    });
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
  return await withTrainers(flags, context, undefined, async ({ engine }) => {
    const learningRate = flags.learningRate ?? defaultRates[optimizer];
    const rates = { learningRate, weightDecay, ...given };
    const settings = { data: dataset, optimizer, ...rates, epochs, batch, seed };
    const document = await runTraining({ context, engine, network, data, settings, folder: out });
    const result = `Test accuracy ${formatPercent(document.test.accuracy)} after ${epochs} epochs`;
    return { document, result };
  });
}

/** Of the flags about curvature, those given. */
function curvatureSettings(optimizer: OptimizerName, { damping, curvatureEvery }: TrainFlags) {
  const given = {
    ...(damping === undefined ? {} : { damping }),
    ...(curvatureEvery === undefined ? {} : { curvatureEvery }),
  };
  const names = Object.keys(given);
  if (optimizer !== "kfac" && names.length > 0) throw noCurvature(names, optimizer, ["kfac"]);
  return given;
}

const isOptimizer = (name: string): name is OptimizerName => optimizerNames.includes(name);

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
