import { z } from "zod";
import { type CostTable, type EnergyTable, measuredNetworks } from "../../energy-db/index.ts";
import {
  type CostModel,
  dropSearchState,
  findMethod,
  growingWidths,
  macsCostModel,
  networkCost,
  type Recipe,
  type ShapeRequest,
  search,
} from "../../search/index.ts";
import { costModelOf } from "../../src/app/workflows/open-costs.ts";
import { makeFolder } from "../../src/folder.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { progressOf } from "../../src/progress.ts";
import type { Task } from "../experiment.ts";
import type { DataChoice, Laboratory } from "../laboratory.ts";
import { fitRequestOf, type Setting } from "./setting.ts";

/** One search by one method within a setting's latency, whose widths are then trained by others. */
export interface Searching {
  readonly key: string;
  readonly label: string;
  readonly setting: Setting;
  readonly method: string;
  /** What the search believes networks to cost; the table when absent. */
  readonly costs?: "macs";
  /** The setting's latency times this. */
  readonly share: number;
  readonly data: DataChoice;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly estimated_s: number;
}

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

/** A search that goes on from its last epoch after a kill. What it trains at the end is left out: others train its widths. */
export const searchTask = (searching: Searching): Task => ({
  key: searching.key,
  label: searching.label,
  kind: "train",
  estimated_s: searching.estimated_s,
  run: (laboratory) =>
    laboratory.withCosts(searching.setting.net, (costs, table) =>
      found(
        searching,
        {
          ...fitRequestOf(searching.setting, costs),
          believed: believedCosts(searching, costs, table),
        },
        laboratory,
      ),
    ),
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

interface Room extends ShapeRequest {
  readonly believed: CostModel;
}

async function found(
  { key, label, setting, method, share, data, recipe, seed }: Searching,
  { reference, costs, believed, caps, granularity, budget: whole }: Room,
  laboratory: Laboratory,
): Promise<Found> {
  const { terminal, signal } = laboratory.context;
  const folder = laboratory.folder.workFile(key);
  makeFolder(folder);
  const budget_s = share * (whole.latency_s ?? Number.NaN);
  const started_s = performance.now() / 1000;
  const { network, history } = await search({
    method: findMethod(method),
    engine: await laboratory.engine(),
    network: searchStart(setting.net).network,
    reference,
    caps,
    granularity,
    data: await laboratory.data(data, reference.input),
    costs: believed,
    budget: { latency_s: budget_s },
    recipe: { ...recipe, finalEpochs: 0, inheritedEpochs: 0 },
    seed,
    folder,
    signal,
    onProgress: ({ label: part, epochsDone, epochsExpected, round }) => {
      if (round) return;
      const elapsed_s = performance.now() / 1000 - started_s;
      const done = { done: epochsDone, total: Math.ceil(epochsExpected), elapsed_s };
      terminal.progress(progressOf(`${label}, ${part}, epochs`, done));
    },
  });
  dropSearchState(folder);
  return {
    method,
    seed,
    budget_s,
    predicted_s: networkCost(network, costs).latency_s,
    widths: [...growingWidths(network).values()],
    epochs: history.account.epochs,
    examples: history.account.examples,
    ended: history.ended ?? "",
    verdicts: history.rounds.flatMap(({ kind, verdict }) =>
      verdict ? [`${kind}: ${verdict}`] : [],
    ),
  };
}
