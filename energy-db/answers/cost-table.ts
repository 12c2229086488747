import type { Kernel } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import { describePlatform } from "../platforms.ts";
import { type KernelFilter, matchesKernel } from "../read-kernels.ts";
import type { CostAnswer, Platform } from "../records.ts";
import type { StoredSession } from "../sessions.ts";
import type { EnergyTable } from "../table.ts";
import type { Method } from "../write-kernels.ts";
import { overheadOf } from "./answer.ts";
import { type Family, familyFinder } from "./family.ts";
import { type MarginalCost, marginalCost } from "./marginal.ts";
import { type NetworkCost, networkCost } from "./network-cost.ts";
import { drawTogether, type MeasuredKernel } from "./observations.ts";
import type { Axis } from "./plane.ts";
import { refusal } from "./refusal.ts";
import type { Staircase } from "./staircase.ts";
import {
  type Calibration,
  calibrationOf,
  type EnergyModel,
  energyModelOf,
} from "./version-1-models.ts";

/** A measured kernel with its cost as the table answers it. */
export interface KernelCost
  extends Omit<MeasuredKernel, "latency_s" | "relativeHalfWidth" | "rows"> {
  readonly cost: CostAnswer;
}

/** Steps of one family along one axis; `step` is absent where cost is smooth. */
export interface Stairs extends Staircase {
  readonly family: string;
  /** One kernel of the family, to name it by. */
  readonly example: Kernel;
}

/** Everything a platform's rows say about cost, in memory. Immutable; later rows need a new one. */
export interface CostTable {
  readonly platform: Platform;
  readonly method: Method;
  /** Widths between measured ones are answered at multiples of this. */
  readonly grid: number;
  /** Where the numbers come from, in words. */
  readonly source: string;
  /** Cost of one inference beyond its kernels. */
  readonly overhead: { readonly latency_s: number; readonly energy_j?: number };
  /** The line applied; absent before a profile run has finished, and for isolated times. */
  readonly calibration?: Calibration;
  readonly energyModel?: EnergyModel;
  /**
   * Measured, else interpolated between measured neighbours. Latencies hold the calibration's slope, so
   * that their sum plus `overhead` is a network's latency. Throws a UserError naming what is missing.
   */
  cost(kernel: Kernel): CostAnswer;
  /** The same, undefined instead of an error. */
  tryCost(kernel: Kernel): CostAnswer | undefined;
  /** Cost of `by` more channels along an axis of this one kernel. Throws like `cost`. */
  marginal(kernel: Kernel, change: { readonly grow: Axis; readonly by: number }): MarginalCost;
  /** Steps found, for the families of matching kernels. */
  stairs(filter?: KernelFilter): readonly Stairs[];
  /** Measured kernels by family and widths. */
  kernels(filter?: KernelFilter): readonly KernelCost[];
  /** Sum over a network's kernels plus the overhead. Throws a UserError naming every missing kernel. */
  networkCost(network: Network, options?: { readonly batch?: number }): NetworkCost;
}

export interface CostOptions {
  /** Default "in-context"; the two never mix. */
  readonly method?: Method;
  /** Whose calibration to apply: default the newest. */
  readonly space?: string;
}

/**
 * Loads a platform's costs. Held-out and verify rows stay out: they judge the costs, so they must not
 * make them. Families are fitted when first asked.
 */
export function loadCosts(
  table: EnergyTable,
  platformId: number,
  { method = "in-context", space }: CostOptions = {},
): CostTable {
  const platform = table.platforms().find(({ id }) => id === platformId);
  if (!platform) throw new Error(`The table has no platform ${platformId}`);
  const rows = table
    .kernelMeasurements(platformId, { method })
    .filter(({ role }) => role !== "held-out" && role !== "verify");
  const calibration = method === "in-context" ? calibrationOf(table, platformId, space) : undefined;
  const energyModel = energyModelOf(table, platformId, space);
  return costTable(drawTogether(rows), {
    platform,
    method,
    grid: gridOf(table.sessions(platformId)),
    source: `${table.path}: ${describePlatform(platform)}, ${method} kernel times`,
    ...(calibration ? { calibration } : {}),
    ...(energyModel ? { energyModel } : {}),
  });
}

type Origin = Pick<
  CostTable,
  "platform" | "method" | "grid" | "source" | "calibration" | "energyModel"
>;

/** The finest grid of widths that a session used; sessions that profiled nothing state none. */
function gridOf(sessions: readonly StoredSession[]): number {
  const grids = sessions.flatMap(({ settings: { grid } }) =>
    typeof grid === "number" ? [grid] : [],
  );
  return Math.min(...(grids.length > 0 ? grids : [1]));
}

function costTable(kernels: readonly MeasuredKernel[], origin: Origin): CostTable {
  const terms = { slope: origin.calibration?.slope ?? 1, energyModel: origin.energyModel };
  const familyOf = familyFinder(kernels, terms, origin.grid);
  const tryCost = (kernel: Kernel) => familyOf(kernel)?.answer(kernel);
  const cost = (kernel: Kernel): CostAnswer => {
    const answer = tryCost(kernel);
    if (!answer) throw refusal([kernel], kernels, origin);
    return answer;
  };
  const matching = (filter: KernelFilter = {}) =>
    kernels.filter(({ kernel }) => matchesKernel(kernel, filter));
  const overhead = overheadOf(origin.calibration, origin.energyModel);
  return {
    ...origin,
    overhead,
    cost,
    tryCost,
    marginal: (kernel, change) =>
      marginalCost(kernel, change, {
        cost,
        tryCost,
        structure: familyOf(kernel)?.surface().structure,
      }),
    stairs: (filter) => stairsOf(matching(filter), familyOf),
    kernels: (filter) => matching(filter).map((measured) => kernelCost(measured, cost)),
    networkCost: (network, { batch = 1 } = {}) =>
      networkCost(network, batch, {
        tryCost,
        overhead,
        calibration: origin.calibration,
        refuse: (missing) => refusal(missing, kernels, origin),
      }),
  };
}

function stairsOf(
  kernels: readonly MeasuredKernel[],
  familyOf: (kernel: Kernel) => Family | undefined,
): readonly Stairs[] {
  const families = new Set(kernels.flatMap(({ kernel }) => familyOf(kernel) ?? []));
  return [...families].flatMap((family) =>
    family.surface().staircases.map((staircase) => ({
      ...staircase,
      family: family.name,
      example: family.example,
    })),
  );
}

function kernelCost(measured: MeasuredKernel, cost: (kernel: Kernel) => CostAnswer): KernelCost {
  const { kernel, key, family, observations, flags } = measured;
  return { kernel, key, family, observations, flags, cost: cost(kernel) };
}
