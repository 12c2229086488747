import type { ForeignTable } from "../formats/foreign-table.ts";
import { groupBy } from "../group-by.ts";
import { type CurvePoint, curvesAlong, type ForeignAxis, foreignAxes } from "./curves.ts";

/** Blocks of widths that cost alike, over the curves of some rows. */
export interface ForeignSteps {
  readonly axis: ForeignAxis;
  /** Absent where no curve has any. */
  readonly step?: number;
  /** Curves whose cost stands still inside blocks of `step` and moves between them; all that have none where there is no step. */
  readonly curves: number;
  /** Curves of enough widths to tell. */
  readonly judged: number;
}

const candidates = [64, 32, 16, 8, 4, 2];
/** Pairs of neighbouring widths inside blocks, and between them, that a curve needs. */
const fewestPairs = 3;
const alike = 1e-6;

/**
 * The step that most of the stepped curves have along their widths, all else equal. Imported costs are compared as they are,
 * without a fit: a table with noise shows no step, and none is claimed of it.
 */
export function foreignSteps({ rows }: Pick<ForeignTable, "rows">): readonly ForeignSteps[] {
  return foreignAxes.flatMap((axis): readonly ForeignSteps[] => {
    const found = curvesAlong(rows, axis)
      .map(stepOf)
      .filter((step) => step !== undefined);
    if (found.length === 0) return [];
    const stepped = groupBy(
      found.filter((step) => step > 1),
      String,
    );
    const [most = []] = [...stepped.values()].sort((a, b) => b.length - a.length);
    const [step] = most;
    const judged = found.length;
    return [
      step === undefined
        ? { axis, curves: judged, judged }
        : { axis, step, curves: most.length, judged },
    ];
  });
}

interface Pair {
  readonly low: CurvePoint;
  readonly next: CurvePoint;
}

/** The largest block inside which cost stands still; 1 where none is, undefined where too few widths were seen. */
function stepOf(points: readonly CurvePoint[]): number | undefined {
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
