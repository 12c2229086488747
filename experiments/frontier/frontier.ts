import { withGrowingWidths } from "../../search/index.ts";
import { networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import type { Experiment, Outlook, Size, Task } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { measureTogether } from "../tasks/measure-task.ts";
import { type Found, foundSchema, searchTask, settingRoom } from "../tasks/search-task.ts";
import { settingKey } from "../tasks/setting.ts";
import { tableTask } from "../tasks/table-task.ts";
import { trainTask } from "../tasks/train-task.ts";
import { frontierPage } from "./page.ts";
import {
  type Batch,
  batchesOf,
  controlRuns,
  measuredKey,
  type Protocol,
  protocols,
  type Run,
  runKey,
  trainingKey,
} from "./protocol.ts";

export const frontier: Experiment = {
  summary: "test accuracy against measured latency, every method against uniform widths",
  tasks: (finished, size) => frontierTasks(finished, protocols[size]),
  page: (finished, size: Size) => frontierPage(finished, protocols[size]),
};

/** Searches, what they found trained and measured beside the controls, batch by batch. */
export function frontierTasks(finished: Finished, protocol: Protocol): Outlook {
  const parts = batchesOf(protocol).map((batch) => batchTasks(batch, finished, protocol));
  const tables = [...new Set(protocol.settings.map(({ net }) => net))].map(tableTask);
  return {
    tasks: [...tables, ...parts.flatMap(({ tasks }) => tasks)],
    later: {
      tasks: parts.reduce((sum, { later }) => sum + later.tasks, 0),
      estimated_s: parts.reduce((sum, { later }) => sum + later.estimated_s, 0),
    },
  };
}

/** Searches of a batch, then what they found, measured and trained. */
function batchTasks(batch: Batch, finished: Finished, protocol: Protocol): Outlook {
  const foundBy = (run: Run) => finished.result(runKey(run), foundSchema);
  const [first = 0, ...others] = protocol.trainingSeeds;
  const trained = (run: Run, seeds: readonly number[]) =>
    trainingTasks(run, foundBy(run), seeds, protocol);
  // A search's first training comes before the next search, so that a part of a batch says something.
  const searches = batch.runs.flatMap((run) => [runTask(run, protocol), ...trained(run, [first])]);
  const trainings = batch.runs.flatMap((run) => trained(run, others));
  const together = [...new Set([...controlRuns(batch, protocol), ...batch.runs])];
  const networks = together.flatMap((run) => {
    const found = foundBy(run);
    return found ? [{ label: runKey(run), network: foundNetwork(run, found) }] : [];
  });
  const isMeasurable = networks.length === together.length;
  const missing = batch.runs.filter((run) => !foundBy(run)).length * protocol.trainingSeeds.length;
  return {
    tasks: [...searches, ...(isMeasurable ? [measureTask(batch, networks)] : []), ...trainings],
    later: {
      tasks: missing + (isMeasurable ? 0 : 1),
      estimated_s: missing * trainingTime_s(protocol),
    },
  };
}

/** Networks of one core of an AMD EPYC see about this many examples a second. */
const examplesPerSecond = 1900;

/** Of CIFAR-10, less those held out. */
const trainingImages = 45_833;

const trainingTime_s = ({ trainingEpochs }: Protocol): number =>
  (trainingEpochs * trainingImages) / examplesPerSecond;

/** Epochs of a search, about; nothing where widths are given. */
const searchEpochs = (method: string): number => (method.startsWith("uniform") ? 0 : 145);

const runTask = (run: Run, { searching, searchExamples }: Protocol): Task =>
  searchTask({
    key: runKey(run),
    label: runKey(run).replaceAll("-", " "),
    space: run.setting.net,
    method: run.method,
    ...(run.costs ? { costs: run.costs } : {}),
    room: settingRoom(run.setting, run.share),
    data: { name: "cifar10", ...(searchExamples ? { examples: searchExamples } : {}) },
    recipe: { ...searching, ...(searchExamples ? { epochExamples: searchExamples } : {}) },
    seed: run.seed,
    estimated_s:
      1 + (searchEpochs(run.method) * (searchExamples ?? trainingImages)) / examplesPerSecond,
  });

/** The network that a run found. */
export const foundNetwork = ({ setting }: Run, { widths }: Found): Network =>
  withGrowingWidths(findPreset(setting.net).build({}), widths);

function trainingTasks(
  run: Run,
  found: Found | undefined,
  seeds: readonly number[],
  protocol: Protocol,
): readonly Task[] {
  if (!found) return [];
  const network = foundNetwork(run, found);
  const { training, trainingEpochs } = protocol;
  return seeds.map((seed) =>
    trainTask({
      key: trainingKey(run, seed),
      label: trainingKey(run, seed).replaceAll("-", " "),
      network,
      data: { name: "cifar10" },
      recipe: training,
      epochs: trainingEpochs,
      seed,
      estimated_s: trainingTime_s(protocol) * (0.8 + networkMacs(network) / 12e6),
    }),
  );
}

const measureTask = (
  batch: Batch,
  networks: readonly { readonly label: string; readonly network: Network }[],
): Task => ({
  key: measuredKey(batch),
  label: `${settingKey(batch.setting)}, networks of part ${batch.part + 1} measured together`,
  kind: "measure",
  estimated_s: 10 * networks.length,
  run: (laboratory) => measureTogether(laboratory, batch.setting.net, networks),
});
