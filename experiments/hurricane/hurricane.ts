import { parseNetwork } from "../../src/network/network-file.ts";
import type { Experiment, Outlook, Size, Task } from "../experiment.ts";
import type { Finished } from "../finished.ts";
import { measureTogether } from "../tasks/measure-task.ts";
import { tableTask } from "../tasks/table-task.ts";
import { arms } from "./arms.ts";
import { hurricanePage } from "./page.ts";
import { measuredKey, net, type Protocol, protocols, runKey } from "./protocol.ts";
import { rankingTask } from "./ranking.ts";
import { foundSchema, searchArm } from "./search-arm.ts";

export const hurricane: Experiment = {
  summary:
    "choosing block operators by what they cost on the device, one stage and two, against chance",
  tasks: (finished, size) => tasksOf(finished, protocols[size]),
  page: (finished, size: Size) => hurricanePage(finished, protocols[size]),
};

function tasksOf(finished: Finished, protocol: Protocol): Outlook {
  const runs = protocol.seeds.flatMap((seed) => arms.map((arm) => ({ arm, seed })));
  const networks = runs.flatMap(({ arm, seed }) => {
    const key = runKey(arm.label, seed);
    const found = finished.result(key, foundSchema);
    return found ? [{ label: key, network: parseNetwork(found.network, key) }] : [];
  });
  const isMeasurable = networks.length === runs.length;
  const measuring: Task = {
    key: measuredKey,
    label: "networks found, measured together",
    kind: "measure",
    estimated_s: 10 * runs.length,
    run: (laboratory) => measureTogether(laboratory, net, networks),
  };
  return {
    tasks: [
      tableTask(net),
      ...runs.map(({ arm, seed }) => searchArm(arm, seed, protocol)),
      ...(isMeasurable ? [measuring] : []),
      rankingTask(protocol),
    ],
    later: { tasks: isMeasurable ? 0 : 1, estimated_s: isMeasurable ? 0 : 10 * runs.length },
  };
}
