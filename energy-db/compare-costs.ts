import { cumulativeStdNormalProbability } from "simple-statistics";
import { loadCosts } from "./answers/load-costs.ts";
import { describeKernel } from "./answers/refusal.ts";
import { combineLoads } from "./loads/combine-loads.ts";
import { networkKey } from "./network-key.ts";
import type { PlatformIdentity } from "./records.ts";
import type { EnergyTable } from "./table.ts";

/** What two platforms must share for their costs to be compared, in words. */
const comparedBy = {
  device: "device",
  processor: "processor",
  fingerprint: "machine",
  os: "operating system",
  runtime: "runtime",
  runtimeVersion: "runtime version",
  runtimeBuild: "runtime build",
  precision: "precision",
  threads: "threads",
  powerMode: "power mode",
} as const satisfies Record<keyof PlatformIdentity, string>;

export const comparedFields = Object.keys(comparedBy) as readonly (keyof PlatformIdentity)[];

/** Why costs of two platforms cannot be compared: one reason for each field in which they differ; none where they can. */
export const incomparable = (
  before: PlatformIdentity,
  after: PlatformIdentity,
  allowed: readonly (keyof PlatformIdentity)[] = [],
): readonly string[] =>
  comparedFields.flatMap((field) =>
    before[field] === after[field] || allowed.includes(field)
      ? []
      : [`${comparedBy[field]} ${before[field]} and ${after[field]}`],
  );

export interface ComparedCost {
  readonly latency_s: number;
  /** Half of the 95 % interval. */
  readonly half_s: number;
}

/** The cost of one thing on either side. */
export interface CostChange {
  readonly kind: "network" | "kernel";
  readonly name: string;
  readonly before: ComparedCost;
  readonly after: ComparedCost;
  /** after / before - 1, and its 95 % interval. */
  readonly change: number;
  readonly changeLow: number;
  readonly changeHigh: number;
  /** Whether the change is more than chance among all that were compared: at most one in twenty of those named is not. */
  readonly isSignificant: boolean;
}

export interface ComparedSide {
  readonly table: EnergyTable;
  readonly platformId: number;
}

/** Networks measured on both sides by the same protocol, and kernels that both answer; the largest changes first. */
export function compareCosts(before: ComparedSide, after: ComparedSide): readonly CostChange[] {
  const pairs = [
    ...shared("network", networkCosts(before), networkCosts(after)),
    ...shared("kernel", kernelCosts(before), kernelCosts(after)),
  ];
  return withSignificance(pairs).sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
}

interface NamedCost extends ComparedCost {
  readonly name: string;
}

function networkCosts({ table, platformId }: ComparedSide): ReadonlyMap<string, NamedCost> {
  const rows = table.networkMeasurements(platformId);
  const protocols = new Set(rows.map(({ protocol }) => protocol));
  const costs = new Map<string, NamedCost>();
  for (const protocol of protocols)
    for (const { network, batch, role, floor } of combineLoads(
      rows.filter((row) => row.protocol === protocol),
    ))
      costs.set(JSON.stringify([protocol, networkKey(network), batch, role]), {
        name: network.name,
        latency_s: floor.latency_s,
        half_s: (floor.high_s - floor.low_s) / 2,
      });
  return costs;
}

function kernelCosts({ table, platformId }: ComparedSide): ReadonlyMap<string, NamedCost> {
  return new Map(
    loadCosts(table, platformId)
      .kernels()
      .map(({ key, kernel, cost }) => [
        key,
        {
          name: describeKernel(kernel),
          latency_s: cost.latency_s,
          half_s: cost.latency_high_s - cost.latency_s,
        },
      ]),
  );
}

type Difference = Omit<CostChange, "isSignificant"> & { readonly chance: number };

const normal95 = 1.96;

function shared(
  kind: CostChange["kind"],
  before: ReadonlyMap<string, NamedCost>,
  after: ReadonlyMap<string, NamedCost>,
): readonly Difference[] {
  return [...before].flatMap(([key, { name, ...was }]) => {
    const found = after.get(key);
    if (!found) return [];
    const now = { latency_s: found.latency_s, half_s: found.half_s };
    const logarithm = Math.log(now.latency_s / was.latency_s);
    const half = Math.hypot(was.half_s / was.latency_s, now.half_s / now.latency_s);
    return [
      {
        ...{ kind, name, before: was, after: now },
        change: Math.exp(logarithm) - 1,
        changeLow: Math.exp(logarithm - half) - 1,
        changeHigh: Math.exp(logarithm + half) - 1,
        chance: twoSided((normal95 * logarithm) / half),
      },
    ];
  });
}

/** Chance of a standard normal number at least this far from 0. */
const twoSided = (z: number): number =>
  Number.isNaN(z) ? 1 : 2 * (1 - cumulativeStdNormalProbability(Math.abs(z)));

const falseDiscoveries = 0.05;

/** The procedure of Benjamini and Hochberg (1995): the largest chance still named grows with how many are. */
function withSignificance(differences: readonly Difference[]): CostChange[] {
  const chances = differences.map(({ chance }) => chance).sort((a, b) => a - b);
  const last = chances.findLastIndex(
    (chance, i) => chance <= (falseDiscoveries * (i + 1)) / chances.length,
  );
  const largest = last < 0 ? -1 : (chances[last] ?? -1);
  return differences.map(({ chance, ...difference }) => ({
    ...difference,
    isSignificant: chance <= largest,
  }));
}
