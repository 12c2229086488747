import { withGrowingWidths } from "../../search/index.ts";
import type { Network } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import type { Experiment, Outlook, Task } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { measureTogether } from "../tasks/measure-task.ts";
import { foundSchema, searchTask, settingRoom } from "../tasks/search-task.ts";
import { tableTask } from "../tasks/table-task.ts";
import { trainTask } from "../tasks/train-task.ts";
import { kwsPage } from "./page.ts";
import {
  type Arm,
  armKey,
  armsOf,
  dataOf,
  foldsOf,
  measuredKey,
  type Protocol,
  protocols,
  setting,
  training,
  trainingKey,
} from "./protocol.ts";

export const kwsDscnn: Experiment = {
  summary: "keyword spotting: widths searched for, fold by fold, against uniform ones",
  tasks: (finished, size) => kwsTasks(finished, protocols[size]),
  page: (finished, size) => kwsPage(finished, protocols[size]),
};

/** Clips a second that one core of an AMD EPYC trains networks of this size on, about. */
const clipsPerSecond = 2500;
const clipsOfFold = 3500;

function kwsTasks(finished: Finished, protocol: Protocol): Outlook {
  const arms = armsOf(protocol);
  const networks = arms.flatMap((arm) => {
    const network = networkOf(arm, finished);
    return network ? [{ arm, network }] : [];
  });
  const isComplete = networks.length === arms.length;
  const missing = arms.length - networks.length;
  return {
    tasks: [
      tableTask(setting.net),
      ...arms.map((arm) => armTask(arm, protocol)),
      ...networks.flatMap((own) => trainings(own, protocol)),
      ...(isComplete ? [measureTask(networks)] : []),
    ],
    later: {
      tasks: missing * protocol.seeds.length + (isComplete ? 0 : 1),
      estimated_s: missing * protocol.seeds.length * trainingTime_s(protocol),
    },
  };
}

const trainingTime_s = ({ epochs }: Protocol): number => (epochs * clipsOfFold) / clipsPerSecond;

const searchEpochs = ({ searching }: Protocol): number =>
  searching.trials * searching.trialEpochs + 5 * searching.finalistEpochs + 20;

function armTask(arm: Arm, protocol: Protocol): Task {
  const { method, share, fold } = arm;
  return searchTask({
    key: armKey(arm),
    label: armKey(arm).replaceAll("-", " "),
    space: setting.net,
    method,
    room: settingRoom(setting, share),
    data: dataOf(fold ?? 1),
    recipe: protocol.searching,
    seed: fold ?? 0,
    estimated_s: fold === undefined ? 1 : (searchEpochs(protocol) * clipsOfFold) / clipsPerSecond,
  });
}

function networkOf(arm: Arm, finished: Finished): Network | undefined {
  const found = finished.result(armKey(arm), foundSchema);
  return found && withGrowingWidths(findPreset(setting.net).build({}), found.widths);
}

interface Own {
  readonly arm: Arm;
  readonly network: Network;
}

const trainings = ({ arm, network }: Own, protocol: Protocol): readonly Task[] =>
  foldsOf(arm).flatMap((fold) =>
    protocol.seeds.map((seed) =>
      trainTask({
        key: trainingKey(arm, fold, seed),
        label: trainingKey(arm, fold, seed).replaceAll("-", " "),
        network,
        data: dataOf(fold),
        recipe: training,
        epochs: protocol.epochs,
        seed,
        estimated_s: trainingTime_s(protocol),
      }),
    ),
  );

const measureTask = (networks: readonly Own[]): Task => ({
  key: measuredKey,
  label: "all networks measured together",
  kind: "measure",
  estimated_s: 10 * networks.length,
  run: (laboratory) =>
    measureTogether(
      laboratory,
      setting.net,
      networks.map(({ arm, network }) => ({ label: armKey(arm), network })),
    ),
});
