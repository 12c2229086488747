import { allocations, withGrowingWidths } from "../../search/index.ts";
import { findPreset } from "../../src/network/presets.ts";
import {
  type Experiment,
  nothingLater,
  type Outlook,
  type Size,
  type Task,
} from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { type Setting, settingKey } from "../tasks/setting.ts";
import { tableKey, tableSchema, tableTask } from "../tasks/table-task.ts";
import { trainTask } from "../tasks/train-task.ts";
import {
  isSettled,
  mostRounds,
  type Round,
  roundKey,
  roundSchema,
  roundTask,
} from "./measure-round.ts";
import { headroomPage } from "./page.ts";
import {
  best,
  chosenLabels,
  controls,
  seeds,
  settledRound,
  training,
  trainingKey,
} from "./protocol.ts";

export const headroom: Experiment = {
  summary: "how much accuracy the allocation of widths is worth at equal measured latency",
  tasks: (finished, size) => {
    const parts = settings[size].map((setting) => settingTasks(setting, finished));
    return {
      tasks: uniqueTasks(parts.flatMap(({ tasks }) => tasks)),
      later: {
        tasks: parts.reduce((sum, { later }) => sum + later.tasks, 0),
        estimated_s: parts.reduce((sum, { later }) => sum + later.estimated_s, 0),
      },
    };
  },
  page: (finished, size) => headroomPage(finished, settings[size]),
};

const mobilenet = "mobilenet-v1-cifar";
const settings: { readonly [S in Size]: readonly Setting[] } = {
  quick: [{ net: mobilenet, multiplier: 0.15 }],
  full: [
    { net: mobilenet, multiplier: 0.15 },
    { net: mobilenet, multiplier: 0.25 },
    { net: mobilenet, multiplier: 0.4 },
    { net: "vgg-cifar", multiplier: 0.125 },
  ],
};

/** Settings of one network share its table. */
const uniqueTasks = (tasks: readonly Task[]): readonly Task[] => [
  ...new Map(tasks.map((task) => [task.key, task])).values(),
];

function settingTasks(setting: Setting, finished: Finished): Outlook {
  const measuring: Task[] = [tableTask(setting.net)];
  let round: Round | undefined;
  for (let number = 1; number <= mostRounds && !(round && isSettled(round)); number++) {
    if (finished.result(tableKey(setting.net), tableSchema))
      measuring.push(roundTask(setting, number, round));
    round = finished.result(roundKey(setting, number), roundSchema);
    if (!round) break;
  }
  const settled = settledRound(setting, finished);
  const again = controls.length + best;
  const each_s = trainingTime_s(settled);
  if (!settled) {
    const runs = allocations.length + 1 + again * seeds.others.length;
    return { tasks: measuring, later: { tasks: runs, estimated_s: runs * each_s } };
  }
  const first = settled.networks.map(({ label }) => label);
  const train = (labels: readonly string[], seed: number): readonly Task[] =>
    labels.map((label) => trainingTask(setting, settled, { label, seed, estimated_s: each_s }));
  const chosen = chosenLabels(setting, settled, finished);
  const runs = again * seeds.others.length;
  return {
    tasks: [
      ...measuring,
      ...train(first, seeds.first),
      ...(chosen ? seeds.others.flatMap((seed) => train(chosen, seed)) : []),
    ],
    later: chosen ? nothingLater : { tasks: runs, estimated_s: runs * each_s },
  };
}

function trainingTask(
  setting: Setting,
  { networks }: Round,
  { label, seed, estimated_s }: { label: string; seed: number; estimated_s: number },
): Task {
  const { widths } = networks.find((record) => record.label === label) ?? { widths: [] };
  return trainTask({
    ...training,
    key: trainingKey(setting, label, seed),
    label: `${settingKey(setting)}, ${label}, seed ${seed}`,
    network: withGrowingWidths(findPreset(setting.net).build({}), widths),
    seed,
    estimated_s,
  });
}

/** Training images of CIFAR-10 that nothing is held out of. */
const examples = 45_000;

/** On one core of an AMD EPYC: 0.3 ms an example and 0.06 ns for each multiply-accumulate of one inference. */
function trainingTime_s(settled: Round | undefined): number {
  const macs = settled?.networks[0]?.macs ?? 4e6;
  return training.epochs * examples * (0.3e-3 + 6e-11 * macs);
}
