import { UserError } from "../../src/errors.ts";
import { type Kernel, kernelFamily, kernelKey } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import { median } from "../../src/statistics.ts";
import type { CostOptions, CostTable } from "../answers/cost-table.ts";
import { energyOfTime } from "../answers/energy.ts";
import { loadCosts } from "../answers/load-costs.ts";
import { type NetworkCost, networkCost } from "../answers/network-cost.ts";
import { describeKernel } from "../answers/refusal.ts";
import { studentT95 } from "../loads/student-t.ts";
import { describePlatform, type PlatformSummary } from "../platforms.ts";
import type { KernelFilter } from "../read-kernels.ts";
import type { CostAnswer } from "../records.ts";
import type { EnergyTable } from "../table.ts";
import {
  type FewShotTime,
  fewestProbes,
  fewShot,
  type KnownTimes,
  type Likeness,
  leaveOnePlatformOut,
} from "./few-shot.ts";

/** Costs of a platform of which little is measured, from platforms that behave alike. */
export interface LikeCosts {
  /** Where the numbers come from, in words. */
  readonly source: string;
  /** Cost of one inference beyond its kernels, measured on the platform itself. */
  readonly overhead: CostTable["overhead"];
  /** Measured kernels that the likeness rests on. */
  readonly probes: number;
  /** Most alike first. */
  readonly likenesses: readonly Likeness[];
  /** How well the known platforms were predicted from the same probes, each left out in turn; absent with one alone. */
  readonly judged?: { readonly platforms: number; readonly medianError: number };
  /** One kernel of each family that matches and that any of the platforms knows. */
  families(filter?: KernelFilter): readonly Kernel[];
  /** The platform's own answer where it has one, else "predicted". Throws a UserError where nobody alike knows the kernel. */
  cost(kernel: Kernel): CostAnswer;
  /**
   * A whole network on a device where few kernels were measured: the platform's own answer where it has all kernels, else with the
   * interval of layers that are all wrong alike, since one likeness predicts them. Throws a UserError that names kernels nobody knows.
   */
  networkCost(network: Network, options?: { readonly batch?: number | undefined }): NetworkCost;
}

/** Kernels on which known platforms are judged, at most. */
const mostJudged = 300;

/**
 * Costs of a platform by its likeness to others of the table: all of its precision ("auto"), or those of one device. Throws
 * a UserError where there is none, or where fewer than three kernels were measured on both.
 */
export function loadLikeCosts(
  table: EnergyTable,
  platformId: number,
  like: string,
  options: CostOptions = {},
): LikeCosts {
  const own = loadCosts(table, platformId, options);
  const known = knownPlatforms(table, own, like, options);
  const probes = own
    .kernels()
    .map(({ kernel, cost }) => ({ row: kernel, latency_s: cost.latency_s }));
  const times = known.map(timesOf);
  const judged = leaveOnePlatformOut(
    probes.map(({ row }) => row),
    times,
    judgedKernels(
      known,
      probes.map(({ row }) => row),
    ),
  );
  const reach = Math.max(judged?.reach ?? 0, studentT95(probes.length - 1));
  const { likenesses, predict } = fewShot(probes, times, reach);
  if (likenesses.length === 0) throw tooFewShared(own, known);
  const tryCost = (kernel: Kernel): CostAnswer | undefined => {
    const predicted = own.tryCost(kernel) ?? predict(kernel);
    return predicted && "factor" in predicted ? predictedAnswer(kernel, predicted, own) : predicted;
  };
  const refuse = (missing: readonly Kernel[]) => unknownToAll(missing, own, known);
  return {
    source: `${own.source}; elsewhere by likeness to ${likenesses.map(({ name }) => name).join("; ")}`,
    overhead: own.overhead,
    probes: probes.length,
    likenesses,
    ...(judged
      ? {
          judged: {
            platforms: judged.platforms,
            medianError: median(judged.ratios.map((ratio) => Math.abs(ratio - 1))),
          },
        }
      : {}),
    families: (filter = {}) => familiesOf([own, ...known], filter),
    cost: (kernel) => {
      const answer = tryCost(kernel);
      if (!answer) throw refuse([kernel]);
      return answer;
    },
    networkCost: (network, { batch = 1 } = {}) =>
      networkCost(network, batch, {
        tryCost,
        overhead: own.overhead,
        energyModel: own.energyModel,
        halfOfNetwork: (kernels, latency_s) => halfOfNetwork(kernels, latency_s, own, tryCost),
        refuse,
      }),
  };
}

/** s. One likeness predicts all that was not measured: its layers are wrong together, and add up; others as in networks of their own. */
function halfOfNetwork(
  kernels: readonly Kernel[],
  latency_s: number,
  own: CostTable,
  tryCost: (kernel: Kernel) => CostAnswer | undefined,
): number {
  const predicted = kernels.flatMap((kernel) =>
    own.tryCost(kernel) ? [] : (tryCost(kernel) ?? []),
  );
  const measured = kernels.filter((kernel) => own.tryCost(kernel));
  const measured_s = predicted.reduce((left, cost) => left - cost.latency_s, latency_s);
  return predicted.reduce(
    (half, cost) => half + cost.latency_high_s - cost.latency_s,
    own.halfOfNetwork(measured, measured_s),
  );
}

function knownPlatforms(
  table: EnergyTable,
  { platform }: CostTable,
  like: string,
  options: CostOptions,
): readonly CostTable[] {
  const others = table
    .platforms()
    .filter(({ id, precision }) => id !== platform.id && precision === platform.precision);
  const meant = like === "auto" ? others : others.filter(({ device }) => device === like);
  const known = meant.flatMap((other) => tryLoad(table, other, options));
  if (known.length > 0) return known;
  throw new UserError(
    like === "auto"
      ? `${table.path} holds no costs of another platform of ${platform.precision}`
      : `${table.path} holds no costs of a device "${like}" of ${platform.precision}`,
    {
      hint: `Profile one into the same table, or give one of: ${["auto", ...others.map(({ device }) => device)].join(", ")}`,
      exit: "unavailable",
    },
  );
}

/** A platform without kernel times is no model for another. */
function tryLoad(
  table: EnergyTable,
  { id }: PlatformSummary,
  { method }: CostOptions,
): readonly CostTable[] {
  try {
    return [loadCosts(table, id, method ? { method } : {})];
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

const timesOf = (costs: CostTable): KnownTimes<Kernel> => ({
  name: describePlatform(costs.platform),
  time_s: (kernel) => costs.tryCost(kernel)?.latency_s,
  error: (kernel) => {
    const cost = costs.tryCost(kernel);
    return cost ? cost.latency_high_s / cost.latency_s - 1 : 0;
  },
});

/** Kernels that known platforms measured, the probes left out; evenly chosen where there are many. */
function judgedKernels(known: readonly CostTable[], probes: readonly Kernel[]): readonly Kernel[] {
  const probed = new Set(probes.map(kernelKey));
  const measured = new Map(
    known.flatMap((costs) => costs.kernels().map(({ key, kernel }) => [key, kernel] as const)),
  );
  const rows = [...measured].filter(([key]) => !probed.has(key)).map(([, kernel]) => kernel);
  const every = Math.max(1, rows.length / mostJudged);
  return rows.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every));
}

function familiesOf(tables: readonly CostTable[], filter: KernelFilter): readonly Kernel[] {
  const examples = tables.flatMap((costs) => costs.families(filter));
  return [...new Map(examples.map((kernel) => [kernelFamily(kernel), kernel])).values()];
}

function predictedAnswer(
  kernel: Kernel,
  { latency_s, factor }: FewShotTime,
  { energyModel, kernels }: CostTable,
): CostAnswer {
  return {
    latency_s,
    latency_low_s: latency_s / factor,
    latency_high_s: latency_s * factor,
    ...energyOfTime(energyModel, { latency_s, relative: factor - 1, op: kernel.op }),
    provenance: "predicted",
    get rows() {
      return kernels().flatMap(({ rows }) => rows);
    },
  };
}

const tooFewShared = (own: CostTable, known: readonly CostTable[]): UserError =>
  new UserError(
    `${own.platform.device} shares too few kernels with ${known.map(({ platform }) => platform.device).join(", ")}; expected ${fewestProbes} at least, and half of what was measured`,
    {
      hint: `Measure a network on ${own.platform.device} that was profiled there too.`,
      exit: "unavailable",
    },
  );

function unknownToAll(
  missing: readonly Kernel[],
  own: CostTable,
  known: readonly CostTable[],
): UserError {
  const named = missing.slice(0, shownMissing).map(describeKernel).join("; ");
  const more = missing.length > shownMissing ? ` and ${missing.length - shownMissing} more` : "";
  return new UserError(
    `No cost of ${named}${more} on ${own.platform.device}, nor on ${known.map(({ platform }) => platform.device).join(", ")}`,
    {
      hint: "Costs are interpolated between measured widths, never extrapolated. Profile a network that has such a layer.",
      exit: "unavailable",
    },
  );
}

const shownMissing = 3;
