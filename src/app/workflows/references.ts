import type { CostTable } from "../../../energy-db/index.ts";
import {
  epochsBehind,
  type Recipe,
  type SearchData,
  trainUniform,
  uniformNetwork,
  uniformWidths,
} from "../../../search/index.ts";
import { networkMacs, networkParameters, networkPeakMemory_bytes } from "../../network/costs.ts";
import { initialWeights } from "../../network/initial-weights.ts";
import type { Network } from "../../network/network.ts";
import { progressOf } from "../../progress.ts";
import { seededRandom } from "../../random.ts";
import type { Engine } from "../../tensor/index.ts";
import { costModelOf } from "./open-costs.ts";
import { type FinishedSearch, readDocument, readFound, writeDocument } from "./search-folder.ts";
import type { WorkContext } from "./work-context.ts";

/** A uniform-width network that a found one is compared with. */
export interface Reference {
  readonly label: string;
  readonly network: Network;
}

/** The reference itself and the widest multiple of it that fits the search's budget. */
export function referenceNetworks(
  reference: Network,
  { history }: FinishedSearch,
  costs: CostTable,
): readonly Reference[] {
  const { budget, granularity } = history;
  const model = costModelOf(costs);
  const fitting = uniformWidths({ reference, costs: model, budget, granularity, largest: 1 });
  return [...new Set([1, fitting.multiplier])].map((multiplier) => {
    const network = uniformNetwork(reference, multiplier, { granularity });
    return { label: `uniform x${Number(multiplier.toFixed(2))} (${widthText(network)})`, network };
  });
}

/** Widths of the convolutions: "32-64-128". */
export const widthText = (network: Network): string =>
  network.layers.flatMap((layer) => (layer.kind === "conv2d" ? [layer.width] : [])).join("-");

export interface ReferenceWork {
  readonly context: WorkContext;
  readonly costs: CostTable;
  readonly data: SearchData;
  readonly engine: Engine;
  readonly recipe: Recipe;
  readonly seed: number;
}

/** Trains each reference for as many epochs as the found network's weights took, and keeps what is done in the folder. */
export async function trainReferences(
  folder: string,
  references: readonly Reference[],
  { context, costs, data, engine, recipe, seed }: ReferenceWork,
): Promise<void> {
  const { terminal, signal } = context;
  const known = [...(readDocument(folder, "references") ?? [])];
  const epochs = epochsBehind(readFound(folder).history);
  for (const { label, network } of references) {
    if (known.some((record) => record.label === label)) continue;
    const started_s = performance.now() / 1000;
    const trained = await trainUniform(network, {
      engine,
      data,
      recipe,
      epochs,
      seed,
      weights: initialWeights(network, seededRandom(seed)),
      signal,
      onStep: (done) => {
        const elapsed_s = performance.now() / 1000 - started_s;
        terminal.progress(progressOf(`${label}, epochs`, { done, total: epochs, elapsed_s }));
      },
    });
    const { latency_s, energy_j } = costs.networkCost(network);
    known.push({
      label,
      accuracy: trained.test.accuracy,
      validationAccuracy: trained.validation.accuracy,
      latency_s,
      ...(energy_j === undefined ? {} : { energy_j }),
      macs: networkMacs(network),
      parameters: networkParameters(network),
      peakMemory_bytes: networkPeakMemory_bytes(network),
    });
    writeDocument(folder, "references", known);
  }
}
