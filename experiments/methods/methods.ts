import { type CostTable, type EnergyTable, loadCosts } from "../../energy-db/index.ts";
import type { Network } from "../../src/network/network.ts";
import { parseNetwork } from "../../src/network/network-file.ts";
import { searchStart } from "../../src/network/search-start.ts";
import type { Experiment, Outlook, Task } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { measureTogether } from "../tasks/measure-task.ts";
import { foundNetworkSchema, type Room, searchTask, settingRoom } from "../tasks/search-task.ts";
import { tablesTask } from "../tasks/table-task.ts";
import { trainTask } from "../tasks/train-task.ts";
import { methodsPage } from "./page.ts";
import {
  dataset,
  longerKey,
  measuredKey,
  type Protocol,
  protocols,
  type Run,
  runKey,
  runsOf,
  setting,
  trainingKey,
  trainingSeeds,
  trainsLonger,
} from "./protocol.ts";

export const methods: Experiment = {
  summary:
    "every search method on one data set and one table, at equal measured cost and equal training",
  tasks: (finished, size) => methodsTasks(finished, protocols[size]),
  page: (finished, size) => methodsPage(finished, protocols[size]),
};

/** One table of all spaces, the searches, each one's network trained; all networks measured together. */
export function methodsTasks(finished: Finished, protocol: Protocol): Outlook {
  const runs = runsOf(protocol);
  const networks = runs.flatMap((run) => {
    const found = finished.result(runKey(run), foundNetworkSchema);
    const network = found && parseNetwork(found.network, runKey(run));
    return network ? [{ run, label: runKey(run), network, space: run.space }] : [];
  });
  const isMeasurable = networks.length === runs.length;
  const measuring: Task = {
    key: measuredKey,
    label: "networks of all methods measured together",
    kind: "measure",
    estimated_s: 10 * runs.length,
    run: (laboratory) => measureTogether(laboratory, setting.net, networks),
  };
  const missing = runs.filter((run) => !finished.result(runKey(run), foundNetworkSchema));
  const unknown_s = missing.flatMap((run) =>
    trainingsOf(run, protocol).map(({ epochs }) => trainingTime_s(epochs)),
  );
  return {
    tasks: [
      tablesTask(protocol.table),
      // A search's training comes before the next search, so that a part of the experiment says something.
      ...runs.flatMap((run) => {
        const found = networks.find((one) => one.run === run);
        return [
          runTask(run, protocol),
          ...(found ? trainingTasks(run, found.network, protocol) : []),
        ];
      }),
      ...(isMeasurable ? [measuring] : []),
    ],
    later: {
      tasks: unknown_s.length + (isMeasurable ? 0 : 1),
      estimated_s:
        unknown_s.reduce((sum, one) => sum + one, 0) + (isMeasurable ? 0 : measuring.estimated_s),
    },
  };
}

/** Networks of the limit on one core of an AMD EPYC, about. */
const examplesPerSecond = 5000;
const trainingExamples = 55_000;
const trainingTime_s = (epochs: number): number => (epochs * trainingExamples) / examplesPerSecond;

const runTask = (run: Run, { searching, account }: Protocol): Task =>
  searchTask({
    key: runKey(run),
    label: runKey(run).replaceAll("-", " "),
    space: run.space,
    method: run.method,
    data: { name: dataset },
    recipe: searching,
    account,
    seed: run.seed,
    // Directions and the evaluations between epochs come on top of what is trained, and programs to compile.
    estimated_s: run.method.startsWith("uniform") ? 1 : 15 + (1.5 * account) / examplesPerSecond,
    room: roomOf(run),
  });

/** The limit is that of the setting, whatever space is searched. */
const roomOf =
  ({ space, share }: Run) =>
  (costs: CostTable, table: EnergyTable): Room => {
    if (space === setting.net) return settingRoom(setting, share)(costs);
    const own = loadCosts(table, costs.platform.id, { space: setting.net });
    const { budget } = settingRoom(setting, share)(own);
    const { network, reference, caps, operators } = searchStart(space);
    const room = { network, reference, caps, granularity: 1, budget };
    return operators ? { ...room, operators } : room;
  };

/** Trainings of a run's network. */
const trainingsOf = (run: Run, { account, trainingEpochs }: Protocol) =>
  trainingSeeds(run).flatMap((seed) => [
    { key: trainingKey(run, seed), seed, epochs: trainingEpochs },
    ...(trainsLonger(run)
      ? [
          {
            key: longerKey(run, seed),
            seed,
            epochs: trainingEpochs + Math.round(account / trainingExamples),
          },
        ]
      : []),
  ]);

const trainingTasks = (run: Run, network: Network, protocol: Protocol): readonly Task[] =>
  trainingsOf(run, protocol).map(({ key, seed, epochs }) =>
    trainTask({
      key,
      label: key.replaceAll("-", " "),
      network,
      data: { name: dataset },
      recipe: wholeEpochs(protocol),
      epochs,
      seed,
      estimated_s: trainingTime_s(epochs),
    }),
  );

/** All training images in every epoch. */
function wholeEpochs({ training: { epochExamples: _, ...training } }: Protocol) {
  return training;
}
