import type { RecurrentCell } from "../../src/network/cells/recurrent-cell.ts";
import type { Experiment, Outlook, Task } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { textPage } from "./page.ts";
import {
  arms,
  complete,
  finalKey,
  noiseKey,
  noiseRuns,
  searchKey,
  seedsOf,
  trainings,
} from "./protocol.ts";
import { foundSchema, measureNoise, searchWiring, trainFinal } from "./wiring-tasks.ts";

export const autoshrinkText: Experiment = {
  summary:
    "the same for recurrent cells on the words of any text: ~/.cache/wattsplit/text.txt, a sentence a line",
  tasks: (finished, size) => {
    const parts = seedsOf(size).map((seed) => seedTasks(seed, finished));
    const later = parts.reduce((sum, part) => sum + part.later.tasks, 0);
    return {
      tasks: [noiseTask, ...parts.flatMap(({ tasks }) => tasks)],
      later: { tasks: later, estimated_s: later * perFinal_s },
    };
  },
  page: (finished, size) => textPage(finished, seedsOf(size)),
};

/** On one core of an AMD EPYC, compiling included. */
const perTraining_s = 12;
const perFinal_s = 90;

const noiseTask: Task = {
  key: noiseKey,
  label: `the complete wiring trained ${noiseRuns} times`,
  kind: "train",
  estimated_s: noiseRuns * perTraining_s,
  run: measureNoise,
};

function seedTasks(seed: number, finished: Finished): Outlook {
  const found = arms.map((_, i) => finished.result(searchKey(i, seed), foundSchema));
  const searches = arms.map(
    (arm, i): Task => ({
      key: searchKey(i, seed),
      label: `${arm.label}, seed ${seed}`,
      kind: "train",
      estimated_s: perTraining_s * trainings,
      run: (laboratory) => searchWiring(laboratory, arm, seed),
    }),
  );
  const finals = found.flatMap((result, i) =>
    result ? [finalTask(finalKey(i, seed), arms[i]?.label ?? "", result, seed)] : [],
  );
  const [first] = found;
  const whole = first && { ...first, wiring: complete };
  return {
    tasks: [
      ...searches,
      ...(whole ? [finalTask(finalKey("complete", seed), "complete wiring", whole, seed)] : []),
      ...finals,
    ],
    later: { tasks: arms.length - finals.length + (first ? 0 : 1), estimated_s: 0 },
  };
}

const finalTask = (key: string, label: string, cell: RecurrentCell, seed: number): Task => ({
  key,
  label: `${label}, seed ${seed}, on more of the text`,
  kind: "train",
  estimated_s: perFinal_s,
  run: (laboratory) => trainFinal(laboratory, cell, seed),
});
