import type { Command } from "commander";
import { loadGraph, loadText, textPrefix } from "../../../datasets/index.ts";
import { UserError } from "../../../errors.ts";
import { makeFolder } from "../../../folder.ts";
import { formatNumber, formatPercent } from "../../../units.ts";
import {
  type GraphOptimizerName,
  graphOptimizerNames,
  graphSettings,
  runGraphTraining,
} from "../../workflows/train-graph.ts";
import { checkTrainFolder } from "../../workflows/train-run.ts";
import { runTextTraining, textTraining } from "../../workflows/train-text.ts";
import type { CommandContext } from "../context.ts";
import { withTrainers } from "../trainers.ts";
import {
  refuseFlags,
  type TrainAnswer,
  type TrainFlags,
  type TrainingKind,
} from "./train-flags.ts";

const graphs: TrainingKind = {
  words: "--net gcn",
  refused: ["multiplier", "batch", "schedule", "labelSmoothing", "recipe"],
  hint: "A graph network sees the whole graph in every step, at one rate.",
};

/** Trains a graph network. */
export async function trainGraph(
  flags: TrainFlags,
  command: Command,
  context: CommandContext,
): Promise<TrainAnswer> {
  refuseFlags(command, graphs);
  const { out: folder, optimizer, resume = false } = flags;
  if (!isGraphOptimizer(optimizer))
    throw new UserError(`--optimizer ${optimizer} does not go with --net gcn`, {
      hint: `Choose among ${graphOptimizerNames.join(", ")}.`,
      exit: "usage",
    });
  const settings = graphSettings({ ...flags, optimizer });
  checkTrainFolder(folder, { resume });
  const graph = await loadGraph(flags.data);
  makeFolder(folder);
  return await withTrainers(flags, context, undefined, async ({ engine }) => {
    const document = await runGraphTraining({ context, engine, graph, settings, folder });
    const { testAccuracy, epoch } = document.best;
    const result = `Test accuracy ${formatPercent(testAccuracy)} at epoch ${epoch} of ${settings.epochs}`;
    return { document, result };
  });
}

const isGraphOptimizer = (name: string): name is GraphOptimizerName =>
  graphOptimizerNames.some((known) => known === name);

const texts: TrainingKind = {
  words: "a text",
  refused: [
    ...(["multiplier", "optimizer", "schedule", "labelSmoothing"] as const),
    ...(["damping", "curvatureEvery", "scaling", "head", "pseudoLabels", "split"] as const),
  ],
  hint: "Recurrent cells train by SGD, clipped and averaged as the --recipe says.",
};

/** Trains a recurrent cell on a text. */
export async function trainText(
  flags: TrainFlags,
  command: Command,
  context: CommandContext,
): Promise<TrainAnswer> {
  refuseFlags(command, texts);
  const { out: folder, net, data, resume = false } = flags;
  if (!data.startsWith(textPrefix))
    throw new UserError(`--net ${net} is trained on a text, which "${data}" is not`, {
      hint: "Give --data text:FILE, or text:FOLDER with train.txt, valid.txt and test.txt.",
      exit: "usage",
    });
  const training = textTraining(flags);
  checkTrainFolder(folder, { resume });
  const { words } = training.settings;
  const text = await loadText(data.slice(textPrefix.length), { words });
  makeFolder(folder);
  return await withTrainers(flags, context, undefined, async ({ engine }) => {
    const document = await runTextTraining({ ...training, context, engine, text, folder });
    const result = `Test perplexity ${formatNumber(document.testPerplexity)}, ${document.parameters} parameters`;
    return { document, result };
  });
}
