import { z } from "zod";
import type { CostTable } from "../../energy-db/index.ts";
import {
  dropSearchState,
  meanPathCost,
  operatorSearch,
  type SearchContext,
  search,
  summedCost,
} from "../../search/index.ts";
import { costModelOf } from "../../src/app/workflows/open-costs.ts";
import { makeFolder } from "../../src/folder.ts";
import type { OperatorSpace } from "../../src/network/blocks/operator-space.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { progressOf } from "../../src/progress.ts";
import type { Task } from "../experiment.ts";
import type { Laboratory } from "../laboratory.ts";
import type { Arm } from "./arms.ts";
import { net, type Protocol, runKey } from "./protocol.ts";
import { randomPaths } from "./random-paths.ts";

export const foundSchema = z.object({
  seed: z.number(),
  budget_s: z.number(),
  predicted_s: z.number(),
  macs: z.number(),
  parameters: z.number(),
  /** The network's file. */
  network: z.string(),
  /** Before the training from scratch. */
  searchEpochs: z.number(),
  analysisMacs: z.number(),
  heldOut: z.number(),
  test: z.number(),
  took_s: z.number(),
  ended: z.string(),
});
export type Found = z.infer<typeof foundSchema>;

/** The space, its costs, and the limit of all arms: what its paths take in the mean. */
export function problemOf(
  table: CostTable,
): Pick<SearchContext, "network" | "costs" | "budget"> & { readonly space: OperatorSpace } {
  const { network, operators } = searchStart(net);
  if (!operators) throw new Error(`Preset ${net} has no operators`);
  const costs = costModelOf(table);
  const all = operators.blocks.map(() => operators.operators.map(({ name }) => name));
  const { latency_s } = meanPathCost(operators, all, costs);
  return { network, costs, budget: { latency_s }, space: operators };
}

/** A search of an arm, its network trained from scratch at the end. */
export const searchArm = (arm: Arm, seed: number, protocol: Protocol): Task => ({
  key: runKey(arm.label, seed),
  label: `${arm.label}, seed ${seed}`,
  kind: "train",
  estimated_s: 20 * protocol.recipe.finalEpochs,
  run: (laboratory) =>
    laboratory.withCosts(net, (table) => found(arm, { seed, protocol }, table, laboratory)),
});

async function found(
  arm: Arm,
  { seed, protocol }: { readonly seed: number; readonly protocol: Protocol },
  table: CostTable,
  laboratory: Laboratory,
): Promise<Found> {
  const { terminal, signal } = laboratory.context;
  const key = runKey(arm.label, seed);
  const folder = laboratory.folder.workFile(key);
  makeFolder(folder);
  const { space, network: start, costs, budget } = problemOf(table);
  const { recipe, examples } = protocol;
  const started_s = performance.now() / 1000;
  const { network, history } = await search({
    method: arm.isRandomSearch
      ? randomPaths(arm)
      : operatorSearch({ ...arm, name: arm.label, summary: arm.label }),
    engine: await laboratory.engine(),
    network: start,
    caps: new Map(),
    operators: space,
    data: await laboratory.data({ name: "cifar10", examples }, start.input),
    costs,
    budget,
    recipe,
    seed,
    folder,
    signal,
    onProgress: ({ label, epochsDone, epochsExpected, round }) => {
      if (round) return;
      const elapsed_s = performance.now() / 1000 - started_s;
      const done = { done: epochsDone, total: Math.ceil(epochsExpected), elapsed_s };
      terminal.progress(progressOf(`${arm.label}, ${label}, epochs`, done));
    },
  });
  dropSearchState(folder);
  const { latency_s, macs, parameters } = summedCost(network, costs);
  const last = history.rounds.at(-1)?.candidates[0];
  return {
    seed,
    budget_s: budget.latency_s ?? Number.NaN,
    predicted_s: latency_s,
    macs,
    parameters,
    network: formatNetwork(network),
    searchEpochs: history.account.epochs - recipe.finalEpochs,
    analysisMacs: history.account.analysisMacs,
    heldOut: last?.validation?.accuracy ?? Number.NaN,
    test: history.test?.accuracy ?? Number.NaN,
    took_s: performance.now() / 1000 - started_s,
    ended: history.ended ?? "",
  };
}
