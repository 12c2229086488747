import { groupBy } from "../group-by.ts";
import type { ForeignRow, ForeignTable } from "./foreign-table.ts";

/** Blocks of widths that cost alike, over the curves of a table. */
export interface ForeignSteps {
  readonly axis: "in" | "out";
  readonly step: number;
  /** Curves whose cost stands still inside blocks of `step` and moves between them. */
  readonly curves: number;
  /** Curves of enough widths to tell. */
  readonly judged: number;
}

const candidates = [64, 32, 16, 8, 4, 2];
/** Pairs of neighbouring widths inside blocks, and between them, that a curve needs. */
const fewestPairs = 3;
const alike = 1e-6;

/**
 * The step that most of the stepped curves of a table have along their widths, all else equal. Imported costs are compared as they are,
 * without a fit: a table with noise shows no step, and none is claimed of it.
 */
export function foreignSteps({ rows }: Pick<ForeignTable, "rows">): readonly ForeignSteps[] {
  return (["in", "out"] as const).flatMap((axis) => {
    const found = [...groupBy(rows, (row) => curveOf(row, axis)).values()]
      .map((curve) => stepOf(curve, axis))
      .filter((step) => step !== undefined);
    const stepped = groupBy(
      found.filter((step) => step > 1),
      String,
    );
    const [most] = [...stepped.values()].sort((a, b) => b.length - a.length);
    const [step] = most ?? [];
    return most && step ? [{ axis, step, curves: most.length, judged: found.length }] : [];
  });
}

const widthOf = (row: ForeignRow, axis: "in" | "out"): number | undefined =>
  axis === "in" ? row.inChannels : row.outChannels;

/** Everything but the width along the axis. */
const curveOf = (row: ForeignRow, axis: "in" | "out"): string =>
  JSON.stringify([
    row.op,
    row.shape,
    row.midChannels,
    axis === "in" ? row.outChannels : row.inChannels,
  ]);

interface Pair {
  readonly low: { readonly width: number; readonly cost: number };
  readonly next: Pair["low"];
}

/** The largest block inside which cost stands still; 1 where none is, undefined where too few widths were seen. */
function stepOf(curve: readonly ForeignRow[], axis: "in" | "out"): number | undefined {
  const points = curve
    .flatMap((row) => {
      const [width, cost] = [widthOf(row, axis), row.latency_s ?? row.work ?? row.energy_j];
      return width === undefined || cost === undefined ? [] : [{ width, cost }];
    })
    .sort((a, b) => a.width - b.width);
  const pairs = points.slice(1).map((next, i) => ({ low: points[i] ?? next, next }));
  if (pairs.length < 2 * fewestPairs) return undefined;
  return candidates.find((block) => hasStep(pairs, block)) ?? 1;
}

function hasStep(pairs: readonly Pair[], block: number): boolean {
  const isInside = ({ low, next }: Pair) =>
    Math.ceil(low.width / block) === Math.ceil(next.width / block);
  const inside = pairs.filter(isInside);
  const between = pairs.filter((pair) => !isInside(pair));
  return (
    inside.length >= fewestPairs &&
    between.length >= fewestPairs &&
    inside.every(isFlat) &&
    between.filter(isFlat).length <= between.length / 4
  );
}

const isFlat = ({ low, next }: Pair): boolean =>
  Math.abs(next.cost - low.cost) <= alike * Math.abs(low.cost);
