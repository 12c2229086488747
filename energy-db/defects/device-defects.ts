import { median, quantile } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import type { ForeignRow } from "../formats/foreign-table.ts";
import { type Look, type NamedTable, warnOf } from "./defect.ts";

/** A table's rows by what they are, made once: every table is held against every other. */
interface Index {
  /** In the order of the rows. */
  readonly identities: readonly string[];
  readonly latencies: ReadonlyMap<string, number>;
  /** Middle of the logarithms of the latencies of its networks; absent with too few of them. */
  readonly level?: number;
}

const indices = new WeakMap<readonly ForeignRow[], Index>();

function indexOf({ rows }: NamedTable["table"]): Index {
  const known = indices.get(rows);
  if (known) return known;
  const identities = rows.map(({ key, op, shape }) => JSON.stringify([key, op, shape]));
  const latencies = new Map(
    rows.flatMap(({ latency_s }, i) =>
      latency_s !== undefined && latency_s > 0 ? [[identities[i] ?? "", latency_s] as const] : [],
    ),
  );
  const isList = latencies.size >= fewestNetworks && rows.every(({ op }) => op === "network");
  const index = {
    identities,
    latencies,
    ...(isList ? { level: median([...latencies.values()].map(Math.log)) } : {}),
  };
  indices.set(rows, index);
  return index;
}

const fewestCopies = 3;

/** Rows equal to the last digit on two devices were copied from one to the other. */
export const copied: Look = ({ table }, others) => {
  const { identities } = indexOf(table);
  return others.flatMap((other) => {
    const known = indexOf(other.table).latencies;
    const equal = table.rows.filter(
      ({ latency_s }, i) =>
        latency_s !== undefined &&
        known.get(identities[i] ?? "") === latency_s &&
        hasDigits(latency_s),
    );
    return equal.length < fewestCopies
      ? []
      : warnOf(
          "copied rows",
          equal,
          (n) => `${n} rows are those of ${other.device}, digit by digit`,
        );
  });
};

/** Short numbers meet by chance. */
const hasDigits = (value: number): boolean =>
  value
    .toPrecision(15)
    .replace(/e.*|[.]/g, "")
    .replace(/^0+|0+$/g, "").length > 6;

const fewestNetworks = 60;
const accelerator = /gpu|npu|dsp|tpu|vpu|nnapi|hexagon|neural/i;
const processor = /cpu|cortex|raspi|pi ?[345]\b/i;

/** An accelerator whose rows are those of a processor may never have run. */
export const tracksProcessor: Look = ({ device, table }, others) => {
  if (!accelerator.test(device)) return [];
  const { identities } = indexOf(table);
  return others.flatMap((other) => {
    if (!processor.test(other.device) || accelerator.test(other.device)) return [];
    const known = indexOf(other.table).latencies;
    const compared = table.rows.flatMap((row, i) => {
      const theirs = known.get(identities[i] ?? "");
      return theirs && row.latency_s ? [{ row, ratio: row.latency_s / theirs }] : [];
    });
    if (compared.length < fewestNetworks) return [];
    const ratios = compared.map(({ ratio }) => ratio);
    const [low, high] = [quantile(ratios, 0.05), quantile(ratios, 0.95)];
    if (low < 0.75 || high > 1.33) return [];
    return warnOf(
      "tracks a processor",
      compared.map(({ row }) => row),
      (n) =>
        `${n} rows are ${low.toFixed(2)} to ${high.toFixed(2)} times those of ${other.device}: did the accelerator run?`,
    );
  });
};

const fewestDevices = 5;
/** Networks at the beginning that are held against the others. */
const beginning = 8;
const largestWarmUp = 1.2;
const largestDrift = 1.05;

/**
 * A list of networks against what other devices take for them: a device that was slower for the first ones was warming up,
 * one that changes along the list drifted. Rows are taken in the order that they have.
 */
export const drift: Look = ({ table }, others) => {
  const ratios = againstOthers(table, others);
  if (ratios.length < fewestNetworks) return [];
  const level = (part: readonly { readonly log: number }[]) => median(part.map(({ log }) => log));
  const usual = level(ratios);
  const [first, rest] = [ratios.slice(0, beginning), ratios.slice(2 * beginning)];
  const warmUp = Math.exp(level(first) - level(rest));
  const slow = ratios.findIndex((_, i) => level(ratios.slice(i, i + 5)) < usual + Math.log(1.1));
  const third = Math.floor(rest.length / 3);
  const changed = level(rest.slice(-third)) - level(rest.slice(0, third));
  return [
    ...(warmUp > largestWarmUp
      ? warnOf(
          "warm-up",
          ratios.slice(0, Math.max(1, slow)).map(({ row }) => row),
          (n) =>
            `the first ${n} networks took ${warmUp.toFixed(1)} times as long as the others would have it`,
        )
      : []),
    ...(Math.abs(changed) > Math.log(largestDrift) && Math.abs(changed) > noise(rest, third)
      ? warnOf(
          "drift",
          rest.slice(-third).map(({ row }) => row),
          () =>
            `against other devices, the networks at the end of the list took ${formatPercent(Math.abs(Math.expm1(changed)))} ${changed > 0 ? "more" : "less"} time than those at its beginning`,
        )
      : []),
  ];
};

/** Four standard errors of the difference of two medians of `count` values. */
function noise(ratios: readonly { readonly log: number }[], count: number): number {
  const middle = median(ratios.map(({ log }) => log));
  const sd = 1.4826 * median(ratios.map(({ log }) => Math.abs(log - middle)));
  return 4 * 1.2533 * sd * Math.sqrt(2 / count);
}

/** Logarithm of a network's latency over the middle of all other devices', each on its own level. */
function againstOthers(table: NamedTable["table"], others: readonly NamedTable[]) {
  const { identities, level } = indexOf(table);
  if (level === undefined) return [];
  const levelled = others
    .map((other) => indexOf(other.table))
    .filter((index) => index.level !== undefined);
  if (levelled.length < fewestDevices) return [];
  return table.rows.flatMap((row, i) => {
    const { latency_s = 0 } = row;
    const theirs = levelled.flatMap((index) => {
      const known = index.latencies.get(identities[i] ?? "");
      return known === undefined ? [] : [Math.log(known) - (index.level ?? 0)];
    });
    return latency_s <= 0 || theirs.length < fewestDevices
      ? []
      : [{ row, log: Math.log(latency_s) - median(theirs) }];
  });
}
