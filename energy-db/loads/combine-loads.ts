import { mean } from "simple-statistics";
import type { Network } from "../../src/network/network.ts";
import { groupBy } from "../group-by.ts";
import { networkKey } from "../network-key.ts";
import type { NetworkMeasurement, QualityFlag } from "../records.ts";
import { blockEffects } from "./block-effects.ts";
import { moderate, type VariancePrior, variancePrior } from "./moderated-variance.ts";
import { studentT95 } from "./student-t.ts";

/** What is read of a stored or fresh row of one load. */
export interface LoadRow extends Pick<NetworkMeasurement, "network" | "role" | "batch" | "flags"> {
  readonly sessionId?: number;
  /** Absent in rows of version 1, which were measured one after the other. */
  readonly block?: number;
  readonly latency: {
    readonly floor: { readonly latency_s: number };
    readonly typical?: { readonly latency_s: number };
    readonly p90_s?: number;
  };
}

/** A latency over the loads of a network, with the 95 % interval of its mean over loads. */
export interface CombinedLatency {
  readonly latency_s: number;
  readonly low_s: number;
  readonly high_s: number;
  readonly loads: number;
  /** Standard deviation of one load, as a fraction, block effects removed. */
  readonly relativeSd: number;
}

export interface CombinedNetwork<Row extends LoadRow = LoadRow> {
  readonly network: Network;
  readonly batch: number;
  readonly role: NetworkMeasurement["role"];
  /** The loads used, in the order given. */
  readonly rows: readonly Row[];
  readonly floor: CombinedLatency;
  /** Absent where rows of version 1 are all there is. */
  readonly typical?: CombinedLatency;
}

/** How much loads of networks vary, by size: learnt from many networks, of use for one with few loads. */
export interface LoadSpread {
  readonly floor: VarianceModel;
  readonly typical: VarianceModel;
}

export interface VarianceModel {
  readonly prior: VariancePrior | undefined;
  /** Standard deviation of block effects, as a fraction. */
  readonly blockSd: number;
}

/**
 * Loads of each network combined. Every load of a network has a speed of its own, and every block of loads a state of the
 * machine: block effects are removed by median polish, then the mean over loads (of logarithms) has an interval from the
 * variance between loads, moderated by that of all networks of like size (Smyth 2004), and from the blocks' variance.
 *
 * Rows of ONE protocol version and platform, please. Superseded rows are never used, drifted ones only where a network has
 * no other. `spread` is that of other rows, for a few loads alone.
 */
export function combineLoads<Row extends LoadRow>(
  rows: readonly Row[],
  spread?: LoadSpread,
): readonly CombinedNetwork<Row>[] {
  const usable = usableRows(rows);
  const floors = combined(usable, (row) => row.latency.floor.latency_s, spread?.floor);
  const typicals = combined(usable, (row) => row.latency.typical?.latency_s, spread?.typical);
  return [...groupBy(usable, loadKey)].flatMap(([key, own]) => {
    const [first] = own;
    const floor = floors.latencies.get(key);
    const typical = typicals.latencies.get(key);
    if (!first || !floor) return [];
    const { network, batch, role } = first;
    return { network, batch, role, rows: own, floor, ...(typical ? { typical } : {}) };
  });
}

/** How loads of these rows vary. */
export function loadSpread(rows: readonly LoadRow[]): LoadSpread {
  const usable = usableRows(rows);
  return {
    floor: combined(usable, (row) => row.latency.floor.latency_s).spread,
    typical: combined(usable, (row) => row.latency.typical?.latency_s).spread,
  };
}

/** Equal for loads of the same network in the same role. */
export const loadKey = ({
  network,
  batch,
  role,
}: Pick<LoadRow, "network" | "batch" | "role">): string =>
  `${role} ${batch} ${networkKey(network)}`;

const hasFlag = ({ flags }: LoadRow, flag: QualityFlag): boolean => flags.includes(flag);

/**
 * Neither superseded nor, where there is a calm one, drifted; nor run other than the platform says, but where that is asked
 * about.
 */
export function usableRows<Row extends LoadRow>(rows: readonly Row[]): readonly Row[] {
  const kept = rows.filter(
    (row) => !hasFlag(row, "superseded") && (row.role === "verify" || !hasFlag(row, "fallback")),
  );
  const calm = new Set(kept.filter((row) => !hasFlag(row, "drift")).map(loadKey));
  return kept.filter((row) => !hasFlag(row, "drift") || !calm.has(loadKey(row)));
}

/**
 * Standard deviation of one load, as a fraction, where it is alone and too little is known of others: twice the 3 to 5 % by which
 * a machine's speed moves, so that nobody takes it for knowledge.
 */
export const unknownSd = 0.1;

/** One subject's values in different blocks combined, by name. */
function combined<Row extends Pick<LoadRow, "block" | "sessionId" | "network" | "batch" | "role">>(
  rows: readonly Row[],
  latencyOf: (row: Row) => number | undefined,
  given?: VarianceModel,
): { readonly latencies: ReadonlyMap<string, CombinedLatency>; readonly spread: VarianceModel } {
  const values = rows.flatMap((row) => {
    const latency_s = latencyOf(row);
    if (latency_s === undefined || !(latency_s > 0)) return [];
    const block = `${row.sessionId ?? 0}/${row.block ?? "-"}`;
    return { subject: loadKey(row), block, value: Math.log(latency_s) };
  });
  const effects = blockEffects(values);
  const bySubject = [...groupBy(values, ({ subject }) => subject)].map(([subject, own]) => {
    const left = own.map(({ block, value }) => value - (effects.get(block) ?? 0));
    const centre = mean(left);
    const squares = left.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    return { subject, centre, squares, loads: left.length };
  });
  // Effects fitted to the same values take degrees of freedom from all of them.
  const freedom = bySubject.reduce((sum, { loads }) => sum + loads - 1, 0);
  const correction =
    freedom > 0 ? freedom / Math.max(1, freedom - Math.max(0, effects.size - 1)) : 1;
  const variances = bySubject.map(({ centre, squares, loads }) => ({
    variance: loads > 1 ? (correction * squares) / (loads - 1) : 0,
    freedom: (loads - 1) / correction,
    size: Math.exp(centre),
  }));
  const spread = given ?? {
    prior: variancePrior(variances),
    blockSd: deviation([...effects.values()]),
  };
  const blocks = Math.max(1, effects.size);
  const latencies = new Map(
    bySubject.map(({ subject, centre, loads }, i): [string, CombinedLatency] => {
      const own = variances[i] ?? { variance: 0, freedom: 0, size: 1 };
      const { variance, freedom } = moderate(own, spread.prior);
      // Few loads alone cannot tell the state of the machine they share.
      const shared = effects.size > 0 || given ? spread.blockSd ** 2 / blocks : 0;
      const isKnown = freedom >= 1;
      const half = isKnown
        ? studentT95(freedom) * Math.sqrt(variance / loads + shared)
        : studentT95(Number.POSITIVE_INFINITY) * unknownSd;
      return [
        subject,
        {
          latency_s: Math.exp(centre),
          low_s: Math.exp(centre - half),
          high_s: Math.exp(centre + half),
          loads,
          relativeSd: isKnown ? Math.sqrt(variance) : unknownSd,
        },
      ];
    }),
  );
  return { latencies, spread };
}

/** Standard deviation of a sample; 0 for fewer than two values. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean([...values]);
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1),
  );
}
