import { z } from "zod";
import { type CostTable, type EnergyTable, measuredNetworks } from "../../energy-db/index.ts";
import {
  type CostModel,
  dropSearchState,
  findMethod,
  growingWidths,
  macsCostModel,
  type Recipe,
  type SearchContext,
  search,
  summedCost,
} from "../../search/index.ts";
import { costModelOf } from "../../src/app/workflows/open-costs.ts";
import { makeFolder } from "../../src/folder.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { progressOf } from "../../src/progress.ts";
import type { Task } from "../experiment.ts";
import type { DataChoice, Laboratory } from "../laboratory.ts";
import { recipeOfAccount } from "./equal-account.ts";
import { fitRequestOf, type Setting } from "./setting.ts";

/** One search by one method, whose network is then trained by others. */
export interface Searching {
  readonly key: string;
  readonly label: string;
  /** Whose costs it asks for. */
  readonly space: string;
  readonly method: string;
  /** What the search believes networks to cost; the table when absent. */
  readonly costs?: "macs";
  readonly data: DataChoice;
  readonly recipe: Recipe;
  /** Examples that the search is to train, at the budget's latency each: the recipe is cut or stretched to them. */
  readonly account?: number;
  readonly seed: number;
  readonly estimated_s: number;
  /** What it is asked for, by the costs of its space; the table may hold other spaces' too. */
  room(costs: CostTable, table: EnergyTable): Room;
}

/** What a search may choose from, within a latency. */
export interface Room
  extends Pick<SearchContext, "network" | "reference" | "caps" | "granularity" | "operators"> {
  readonly budget: { readonly latency_s: number };
}

/** The room of a setting, its latency times a share. */
export const settingRoom =
  (setting: Setting, share: number) =>
  (table: CostTable): Room => {
    const { reference, caps, granularity, budget } = fitRequestOf(setting, table);
    const latency_s = share * (budget.latency_s ?? Number.NaN);
    const { network } = searchStart(setting.net);
    return { network, reference, caps, granularity, budget: { latency_s } };
  };

export const foundSchema = z.object({
  method: z.string(),
  seed: z.number(),
  budget_s: z.number(),
  predicted_s: z.number(),
  /** Of the growing groups, in network order. */
  widths: z.array(z.number()),
  /** What the search took. */
  epochs: z.number(),
  examples: z.number(),
  ended: z.string(),
  /** The kept candidates' verdicts, round by round. */
  verdicts: z.array(z.string()),
});
export type Found = z.infer<typeof foundSchema>;

/** All that a search leaves: the network's file as well, for spaces in which widths do not say all, and its whole account. */
export const foundNetworkSchema = foundSchema.extend({
  network: z.string(),
  account: z.object({
    candidates: z.number(),
    macs: z.number(),
    /** Examples times the predicted latency of what was trained on them. */
    latency_s: z.number(),
    analysisMacs: z.number(),
  }),
});
export type FoundNetwork = z.infer<typeof foundNetworkSchema>;

/** A search that goes on from its last epoch after a kill. What it trains at the end is left out: others train its network. */
export const searchTask = (searching: Searching): Task => ({
  key: searching.key,
  label: searching.label,
  kind: "train",
  estimated_s: searching.estimated_s,
  run: (laboratory) =>
    laboratory.withCosts(searching.space, (costs, table) => {
      const room = searching.room(costs, table);
      const believed = believedCosts(searching, costs, table);
      return found(searching, { ...room, costs: costModelOf(costs), believed }, laboratory);
    }),
});

function believedCosts(
  { costs: wanted }: Searching,
  costs: CostTable,
  table: EnergyTable,
): CostModel {
  if (wanted === undefined) return costModelOf(costs);
  const { platform, summary, source } = costs;
  return macsCostModel(measuredNetworks(table, platform.id, summary.space), source);
}

interface PricedRoom extends Room {
  readonly costs: CostModel;
  readonly believed: CostModel;
}

async function found(
  { key, label, method: name, data, recipe, account: wanted, seed }: Searching,
  { costs, believed, ...room }: PricedRoom,
  laboratory: Laboratory,
): Promise<FoundNetwork> {
  const { terminal, signal } = laboratory.context;
  const folder = laboratory.folder.workFile(key);
  makeFolder(folder);
  const method = findMethod(name);
  const asked: SearchContext = {
    ...room,
    engine: await laboratory.engine(),
    data: await laboratory.data(data, room.reference.input),
    costs: believed,
    recipe: { ...recipe, finalEpochs: 0, inheritedEpochs: 0 },
    seed,
    signal,
  };
  const started_s = performance.now() / 1000;
  const { network, history } = await search({
    ...asked,
    ...(wanted === undefined ? {} : { recipe: await recipeOfAccount(wanted, method, asked) }),
    method,
    folder,
    onProgress: ({ label: part, epochsDone, epochsExpected, round }) => {
      if (round) return;
      const elapsed_s = performance.now() / 1000 - started_s;
      const done = { done: epochsDone, total: Math.ceil(epochsExpected), elapsed_s };
      terminal.progress(progressOf(`${label}, ${part}, epochs`, done));
    },
  });
  dropSearchState(folder);
  const { epochs, examples, ...account } = history.account;
  return {
    method: name,
    seed,
    budget_s: room.budget.latency_s,
    predicted_s: summedCost(network, costs).latency_s,
    widths: [...growingWidths(network).values()],
    network: formatNetwork(network),
    epochs,
    examples,
    account,
    ended: history.ended ?? "",
    verdicts: history.rounds.flatMap(({ kind, verdict }) =>
      verdict ? [`${kind}: ${verdict}`] : [],
    ),
  };
}
