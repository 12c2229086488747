import { Command, Option } from "commander";
import { datasetClasses } from "../../../datasets/index.ts";
import { UserError } from "../../../errors.ts";
import { makeFolder } from "../../../folder.ts";
import { type Network, placeLayers } from "../../../network/network.ts";
import { readNetworkFile } from "../../../network/network-file.ts";
import { findPreset } from "../../../network/presets.ts";
import { type BackendName, createEngine } from "../../../tensor/index.ts";
import { formatPercent } from "../../../units.ts";
import type { CommandContext } from "../context.ts";
import { count, nonNegative, positive, shared } from "../options.ts";
import { searchData } from "../workflow/search-run.ts";
import {
  checkTrainFolder,
  defaultRates,
  type OptimizerName,
  optimizerNames,
  runTraining,
} from "../workflow/train-run.ts";
import { backendOption } from "./search.ts";

interface TrainFlags {
  readonly net: string;
  readonly data: string;
  readonly out: string;
  readonly multiplier?: number;
  readonly optimizer: OptimizerName;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate?: number;
  readonly weightDecay: number;
  readonly backend: BackendName | "auto";
  readonly trainThreads?: number;
  readonly resume?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

export function trainCommand(context: CommandContext): Command {
  return new Command("train")
    .description("plain training of a network, with its curves, checkpoints and ONNX file")
    .requiredOption("--net <name>", "preset or network.json to train")
    .requiredOption(
      "--data <set>",
      "data set to train on: NAME, or NAME:FOLDER for files of your own",
    )
    .requiredOption(
      "--out <dir>",
      "folder for network.json, network.onnx, training.json, report.html",
    )
    .addOption(new Option("--multiplier <x>", "width multiplier of a preset").argParser(positive))
    .addOption(
      new Option("--optimizer <name>", "what moves the weights")
        .choices(optimizerNames)
        .default("sgd"),
    )
    .addOption(
      new Option("--epochs <n>", "passes over the training data").argParser(count).default(20),
    )
    .addOption(new Option("--batch <n>", "examples in a step").argParser(count).default(128))
    .addOption(
      new Option(
        "--learning-rate <rate>",
        "peak of the cosine (default: 0.1 for sgd, 0.001 for adam)",
      ).argParser(positive),
    )
    .addOption(
      new Option("--weight-decay <rate>", "on kernels").argParser(nonNegative).default(1e-4),
    )
    .addOption(backendOption())
    .addOption(new Option("--train-threads <n>", "threads of training").argParser(count))
    .option("--resume", "go on with the training in --out")
    .addOption(shared.seed())
    .addOption(shared.json())
    .action((flags: TrainFlags) => runTrainCommand(flags, context));
}

async function runTrainCommand(flags: TrainFlags, context: CommandContext): Promise<void> {
  const { out, data: dataset, optimizer, epochs, batch, weightDecay, seed } = flags;
  const network = trainedNetwork(flags);
  checkTrainFolder(out, { resume: flags.resume ?? false });
  const data = await searchData(dataset, network.input, seed);
  makeFolder(out);
  const threads = flags.trainThreads ? { threads: flags.trainThreads } : {};
  const engine = await createEngine({ backend: flags.backend, ...threads });
  try {
    const learningRate = flags.learningRate ?? defaultRates[optimizer];
    const settings = { data: dataset, optimizer, learningRate, weightDecay, epochs, batch, seed };
    const trained = await runTraining({ context, engine, network, data, settings, folder: out });
    if (flags.json) context.terminal.answerJson(trained);
    else
      context.terminal.answer(
        `Test accuracy ${formatPercent(trained.test.accuracy)} after ${epochs} epochs. Report: ${out}/report.html`,
      );
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
