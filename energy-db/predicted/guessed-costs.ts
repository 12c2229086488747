import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import { workOf } from "../../src/network/work.ts";
import type { CostTable } from "../answers/cost-table.ts";
import type { NetworkCost } from "../answers/network-cost.ts";
import type { CostAnswer } from "../records.ts";
import { estimateSteps } from "./estimate.ts";

/** Costs of kernels and networks whether they were measured or not. */
export interface GuessedCosts {
  /** Where the numbers come from, in words. */
  readonly source: string;
  readonly overhead: CostTable["overhead"];
  /** One kernel of each measured family that matches. */
  readonly families: CostTable["families"];
  /** The tables' own answer where they have one, else "predicted" from its work. Throws a UserError where nothing like it is known. */
  cost(kernel: Kernel): CostAnswer;
  /** Layers as by `cost`; the interval holds what guesses may be wrong by, which they have in common. */
  networkCost(network: Network, options?: { readonly batch?: number | undefined }): NetworkCost;
}

/** What a platform's spaces know, the newest fit first, and guesses from the work of kernels for the rest. */
export function guessedCosts(tables: readonly [CostTable, ...CostTable[]]): GuessedCosts {
  const [newest] = tables;
  const estimate = (layers: ReturnType<typeof kernelsOf>) =>
    estimateSteps(
      tables,
      layers.map(({ layer, kernel }) => ({ name: layer, kernel, work: workOf(kernel) })),
    );
  return {
    source: newest.source,
    overhead: newest.overhead,
    families: (filter) =>
      tables.map((costs) => costs.families(filter)).find(({ length }) => length > 0) ?? [],
    cost: (kernel) => {
      const [step] = estimate([{ layer: kernel.op, kernel }]).steps;
      if (!step) throw new Error("A kernel was not estimated");
      return { ...step.cost, rows: step.rows() };
    },
    networkCost: (network, { batch = 1 } = {}) => {
      const layers = kernelsOf(network, { batch });
      const { steps, overhead_s: _, guessedShare: __, ...cost } = estimate(layers);
      const own = layers.map((layer, i) => {
        const step = steps[i];
        if (!step) throw new Error(`Layer "${layer.layer}" was not estimated`);
        return { ...layer, cost: { ...step.cost, rows: step.rows() } };
      });
      return {
        ...cost,
        rows: [...new Set(own.flatMap((layer) => layer.cost.rows))],
        layers: own,
      };
    },
  };
}
