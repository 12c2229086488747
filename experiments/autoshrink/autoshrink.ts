import { networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import type { Experiment, Outlook, Size, Task } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { trainTask } from "../tasks/train-task.ts";
import { completeNetwork, networkOfCell, thinnedNetwork } from "./networks.ts";
import { autoshrinkPage } from "./page.ts";
import {
  type Arm,
  armsOf,
  type Control,
  controls,
  data,
  finalEpochs,
  finalExamples,
  finalKey,
  noiseKey,
  noiseRuns,
  searchKey,
  seedsOf,
  training,
} from "./protocol.ts";
import { foundSchema, measureNoise, searchWiring } from "./score-task.ts";

export const autoshrink: Experiment = {
  summary: "whether AutoShrink's rule leaves better wired cells than chance does",
  tasks: (finished, size) => {
    const parts = seedsOf(size).map((seed) => seedTasks(seed, armsOf(size), finished));
    const later = parts.reduce((sum, part) => sum + part.later.tasks, 0);
    return {
      tasks: [noiseTask, ...parts.flatMap(({ tasks }) => tasks)],
      later: { tasks: later, estimated_s: later * perFinal_s },
    };
  },
  page: (finished, size: Size) => autoshrinkPage(finished, seedsOf(size)),
};

/** On one core of an AMD EPYC, compiling included. */
const perTraining_s = 3;
const perFinal_s = 40;

const noiseTask: Task = {
  key: noiseKey,
  label: `the complete wiring trained ${noiseRuns} times`,
  kind: "train",
  estimated_s: noiseRuns * perTraining_s,
  run: measureNoise,
};

/** Searches of every arm, then what they found trained on more images, beside the complete wiring and a thinned one. */
function seedTasks(seed: number, arms: readonly Arm[], finished: Finished): Outlook {
  const found = arms.map((_, i) => finished.result(searchKey(i, seed), foundSchema));
  const searches = arms.map(({ label, method, trainings }, i): Task => {
    const key = searchKey(i, seed);
    return {
      key,
      label: `${label}, seed ${seed}`,
      kind: "train",
      estimated_s: perTraining_s * trainings,
      run: (laboratory) => searchWiring(laboratory, { key, label, method, seed }),
    };
  });
  const control = (which: Control, network: Network) =>
    finalTask(finalKey(which, seed), controls[which], network, seed);
  const finals = found.flatMap((result, i) =>
    result
      ? [finalTask(finalKey(i, seed), arms[i]?.label ?? "", networkOfCell(result.cell), seed)]
      : [],
  );
  const [first] = found;
  return {
    tasks: [
      ...searches,
      control("complete", completeNetwork()),
      ...(first ? [control("thinned", thinnedNetwork(first.macs))] : []),
      ...finals,
    ],
    later: { tasks: arms.length - finals.length + (first ? 0 : 1), estimated_s: 0 },
  };
}

const finalTask = (key: string, label: string, network: Network, seed: number): Task =>
  trainTask({
    key,
    label: `${label}, seed ${seed}, on ${finalExamples} images`,
    network,
    data: { name: data, examples: finalExamples },
    recipe: training,
    epochs: finalEpochs,
    seed,
    estimated_s: perFinal_s * (networkMacs(network) / networkMacs(completeNetwork())),
  });
