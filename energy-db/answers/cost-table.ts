import type { Kernel } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import { type Axis, axesOf, withWidth } from "../fit/plane.ts";
import { type Costs, costsOf, type Predictor } from "../fit/predictor.ts";
import type { Staircase } from "../fit/stairs.ts";
import { type CostSummary, type CurrentCosts, storedCosts } from "../fit/stored-costs.ts";
import { describePlatform } from "../platforms.ts";
import { type KernelFilter, matchesKernel } from "../read-kernels.ts";
import type { CostAnswer, Platform } from "../records.ts";
import type { EnergyTable } from "../table.ts";
import type { Method } from "../write-kernels.ts";
import { answerOf } from "./answer.ts";
import { type EnergyAmounts, energyOfCall } from "./energy.ts";
import { type EnergyModel, energyModelOf } from "./energy-model.ts";
import { type DearWidth, dearWidths, type MarginalCost, marginalCost } from "./marginal.ts";
import { drawTogether, type MeasuredKernel } from "./measured-kernels.ts";
import { type NetworkCost, networkCost } from "./network-cost.ts";
import { type NetworkChange, type NetworkMarginal, networkMarginal } from "./network-marginal.ts";
import { predictorFinder } from "./predictor-finder.ts";
import { refusal } from "./refusal.ts";

/** A measured kernel as it stands in the table, and its cost as the table answers it: smoothed over its family. */
export interface KernelCost extends MeasuredKernel {
  readonly cost: CostAnswer;
}

/** Steps of one family along one axis; `step` is absent where cost is smooth or the measurements cannot tell. */
export interface Stairs extends Staircase {
  readonly family: string;
  /** One kernel of the family, to name it by. */
  readonly example: Kernel;
  /** Widths that cost more than a larger one, at the example's other width. */
  readonly dear: readonly DearWidth[];
}

/** Everything a platform's rows say about cost. Later rows need a new one. Read it while the table is open. */
export interface CostTable {
  readonly platform: Platform;
  /** Id of the imported table that all of this is from; absent where it was measured. */
  readonly imported?: number;
  readonly method: Method;
  /** Where the numbers come from, in words. */
  readonly source: string;
  /** Widths that are no multiple of this run on slower kernels; 1 where all are alike. */
  readonly alignment: number;
  /** Widths up to the next multiple of this cost the same; 1 where cost is smooth. */
  readonly block: number;
  /** Cost of one inference beyond its kernels. */
  readonly overhead: { readonly latency_s: number } & EnergyAmounts;
  /** What the costs were fitted on and how well they predict. */
  readonly summary: CostSummary;
  readonly energyModel?: EnergyModel;
  /**
   * Cost inside a network, smoothed over the kernel's family. Latencies plus `overhead` add up to a network's latency.
   * Throws a UserError naming what is missing: nothing is extrapolated.
   */
  cost(kernel: Kernel): CostAnswer;
  /** The same, undefined instead of an error. */
  tryCost(kernel: Kernel): CostAnswer | undefined;
  /** The rows of exactly this kernel, unsmoothed; undefined where it was not measured. */
  measured(kernel: Kernel): MeasuredKernel | undefined;
  /** Cost of `by` more channels along an axis of this one kernel. Throws like `cost`. */
  marginal(kernel: Kernel, change: { readonly grow: Axis; readonly by: number }): MarginalCost;
  /** Steps, for the families of matching kernels. */
  stairs(filter?: KernelFilter): readonly Stairs[];
  /** One kernel of each family that matches; its channel counts mean nothing. */
  families(filter?: KernelFilter): readonly Kernel[];
  /** Measured kernels by family and widths. */
  kernels(filter?: KernelFilter): readonly KernelCost[];
  /** Smallest and largest widths answered, of a kernel's family; undefined where nothing of it was measured. */
  ranges(kernel: Kernel): Predictor["ranges"] | undefined;
  /** Sum over a network's kernels plus the overhead. Throws a UserError naming every missing kernel. */
  networkCost(network: Network, options?: { readonly batch?: number }): NetworkCost;
  /** Half of the 95 % interval of the latency of a network of these kernels, s. */
  halfOfNetwork(kernels: readonly Kernel[], latency_s: number): number;
  /** Cost of more neurons of a layer inside a network. Throws a UserError for a layer that has no neurons of its own. */
  networkMarginal(network: Network, change: NetworkChange): NetworkMarginal;
}

export interface CostOptions {
  /** Default "in-context"; the two never mix. */
  readonly method?: Method;
  /** Whose fit to use: default the newest. */
  readonly space?: string;
}

/** A platform's costs by the newest fit that was stored; undefined where none was. */
export function loadStoredCosts(
  table: EnergyTable,
  platformId: number,
  options: CostOptions = {},
): CostTable | undefined {
  const { method = "in-context", space } = options;
  const stored = storedCosts(table, platformId, method, space);
  return stored && currentCostTable(table, platformId, stored, options);
}

/** The costs of this document with the rows of its platform. */
export function currentCostTable(
  table: EnergyTable,
  platformId: number,
  { document, summary }: CurrentCosts,
  { method = "in-context", space }: CostOptions,
): CostTable {
  const platform = platformOf(table, platformId);
  const energyModel = energyModelOf(table, platformId, space);
  return costTable(costsOf(document), measuredRows(table, platformId, method), {
    platform,
    method,
    source: `${table.path}: ${describePlatform(platform)}, ${method} kernel times`,
    alignment: Math.max(document.structure.in.align, document.structure.out.align),
    block: Math.max(document.structure.in.block, document.structure.out.block),
    summary,
    ...(energyModel ? { energyModel } : {}),
  });
}

/** Throws where the table has none of this id. */
export function platformOf(table: EnergyTable, platformId: number): Platform {
  const platform = table.platforms().find(({ id }) => id === platformId);
  if (!platform) throw new Error(`The table has no platform ${platformId}`);
  return platform;
}

/** What was measured, read when first asked for: an answer needs none of it. */
export interface MeasuredRows {
  ofFamily(family: string): readonly MeasuredKernel[];
  /** Without reading its family. */
  of(kernel: Kernel): MeasuredKernel | undefined;
}

function measuredRows(table: EnergyTable, platformId: number, method: Method): MeasuredRows {
  const drawn = (filter: { readonly family: string } | { readonly kernel: Kernel }) =>
    drawTogether(
      table
        .kernelMeasurements(platformId, { method, ...filter })
        .filter(({ role }) => role !== "held-out" && role !== "verify"),
    );
  const read = new Map<string, readonly MeasuredKernel[]>();
  return {
    ofFamily: (family) => {
      const rows = read.get(family) ?? drawn({ family });
      read.set(family, rows);
      return rows;
    },
    of: (kernel) => drawn({ kernel })[0],
  };
}

/** What of a table its answers do not say. */
export type Origin = Pick<
  CostTable,
  "platform" | "imported" | "method" | "source" | "alignment" | "block" | "summary" | "energyModel"
>;

/** Costs as everybody asks them. `canonical` says a kernel in the words of the predictors' families. */
export function costTable(
  costs: Costs,
  measured: MeasuredRows,
  origin: Origin,
  canonical: (kernel: Kernel) => Kernel = (kernel) => kernel,
): CostTable {
  const { energyModel } = origin;
  const findCanonical = predictorFinder(costs.predictors, (kernel, time, family) =>
    answerOf(kernel, time, energyModel, () => nearestRows(kernel, measured.ofFamily(family))),
  );
  const find = (kernel: Kernel) => findCanonical(canonical(kernel));
  const tryCost = (kernel: Kernel) => find(kernel)?.answer(kernel);
  const refuse = (missing: readonly Kernel[]) =>
    refusal(missing, (kernel) => find(kernel)?.predictor, origin);
  const cost = (kernel: Kernel): CostAnswer => {
    const answer = tryCost(kernel);
    if (!answer) throw refuse([kernel]);
    return answer;
  };
  const families = (filter: KernelFilter = {}) =>
    costs.predictors.filter(({ example }) => matchesKernel(example, withoutWidths(filter)));
  const overhead = { latency_s: costs.call_s, ...energyOfCall(energyModel, costs.call_s) };
  const costOfNetwork = (network: Network, { batch = 1 } = {}) =>
    networkCost(network, batch, {
      tryCost,
      overhead,
      energyModel,
      halfOfNetwork: costs.halfOfNetwork,
      refuse,
    });
  return {
    ...origin,
    overhead,
    cost,
    tryCost,
    measured: measured.of,
    marginal: (kernel, change) =>
      marginalCost(kernel, change, { cost, tryCost, predictor: find(kernel)?.predictor }),
    stairs: (filter) =>
      families(filter).flatMap((predictor) => stairsOf(predictor, { ...filter }, tryCost)),
    families: (filter) => families(filter).map(({ example }) => example),
    kernels: (filter = {}) =>
      families(filter)
        .flatMap(({ family }) => measured.ofFamily(family))
        .filter(({ kernel }) => matchesKernel(kernel, filter))
        .flatMap((row) => {
          const answer = tryCost(row.kernel);
          return answer ? [{ ...row, cost: answer }] : [];
        }),
    ranges: (kernel) => find(kernel)?.predictor.ranges,
    networkCost: costOfNetwork,
    halfOfNetwork: costs.halfOfNetwork,
    networkMarginal: (network, change) =>
      networkMarginal(network, change, {
        networkCost: costOfNetwork,
        tryCost,
        halfOfChange: costs.halfOfChange,
        steps: [origin.alignment, origin.block],
      }),
  };
}

/** Channel counts tell kernels of a family apart, not families. */
const withoutWidths = ({ inChannels: _, outChannels: __, groups: ___, ...rest }: KernelFilter) =>
  rest;

const isSame = (a: Kernel, b: Kernel): boolean =>
  a.inChannels === b.inChannels && a.outChannels === b.outChannels && a.groups === b.groups;

/** Steps along each axis; what is dear is looked for at the other width asked for, else at the widest measured. */
function stairsOf(
  predictor: Predictor,
  { inChannels, outChannels }: KernelFilter,
  tryCost: (kernel: Kernel) => CostAnswer | undefined,
): readonly Stairs[] {
  const { family, stairs, ranges } = predictor;
  const wide = withWidth(predictor.example, "out", outChannels ?? ranges.out[1]);
  const example = withWidth(wide, "in", inChannels ?? ranges.in[1]);
  return axesOf(example).flatMap((axis) => {
    const found = stairs.find((staircase) => staircase.axis === axis);
    if (!found) return [];
    return [{ ...found, family, example, dear: dearWidths(example, axis, { tryCost, predictor }) }];
  });
}

const shownRows = 4;

/** Rows of the measured kernels nearest in octaves of width: 8 is as far from 16 as 64 from 128. */
function nearestRows(kernel: Kernel, measured: readonly MeasuredKernel[]): readonly number[] {
  const distance = ({ kernel: other }: MeasuredKernel) =>
    Math.abs(Math.log2(other.inChannels / kernel.inChannels)) +
    Math.abs(Math.log2(other.outChannels / kernel.outChannels));
  const exact = measured.find((seen) => isSame(seen.kernel, kernel));
  if (exact) return exact.rows;
  return [...measured]
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, shownRows)
    .flatMap(({ rows }) => rows);
}
