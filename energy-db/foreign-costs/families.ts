import type { ForeignRow, Shape } from "../formats/foreign-table.ts";
import { groupBy } from "../group-by.ts";
import { type ForeignAxis, foreignAxes, widthOf } from "./curves.ts";
import { foreignSteps } from "./foreign-steps.ts";
import { type LocalFit, localFit } from "./local-fit.ts";

/** Rows that differ in widths and costs only. */
export interface Family {
  readonly op: string;
  readonly shape: Shape;
  readonly rows: readonly ForeignRow[];
  /** Widths that its rows have. */
  readonly axes: readonly ForeignAxis[];
}

/** Families of rows that have widths: lists of whole networks have none. */
export const familiesOf = (rows: readonly ForeignRow[]): readonly Family[] =>
  [...groupBy(rows, ({ op, shape }) => JSON.stringify([op, shape])).values()].flatMap((own) => {
    const [first] = own;
    const axes = foreignAxes.filter((axis) => own.every((row) => widthOf(row, axis) !== undefined));
    return first && axes.length > 0 ? [{ op: first.op, shape: first.shape, rows: own, axes }] : [];
  });

/** "mbconv height=28 width=28 kernel=3". */
export const describeFamily = ({ op, shape }: Pick<Family, "op" | "shape">): string =>
  [op, ...Object.entries(shape).map(([name, value]) => `${name}=${value}`)].join(" ");

/** Families that the question describes, all of it or a part. */
export const matchingFamilies = (
  families: readonly Family[],
  { op, shape }: { readonly op?: string | undefined; readonly shape: Shape },
): readonly Family[] =>
  families.filter(
    (family) =>
      (op === undefined || family.op === op) &&
      Object.entries(shape).every(([name, value]) => String(family.shape[name]) === String(value)),
  );

/** What a family's rows answer, made when it is first asked. */
export interface Fits {
  readonly latency: LocalFit;
  readonly energy: LocalFit;
  /** The first row of exactly these widths. */
  readonly exact: (widths: readonly number[]) => ForeignRow | undefined;
  /** A row on the same tread, where every curve along an axis has the same steps: it costs the same. */
  readonly treadMate: (widths: readonly number[]) => ForeignRow | undefined;
}

/** Widths inside a block along an axis cost the same where every curve agrees. */
export const agreedSteps = ({ rows }: Pick<Family, "rows">): ReadonlyMap<ForeignAxis, number> =>
  new Map(
    foreignSteps({ rows })
      .filter(({ curves, judged }) => curves === judged)
      .map(({ axis, step = 1 }) => [axis, step]),
  );

export function fitsOf({ rows, axes }: Pick<Family, "rows" | "axes">): Fits {
  const steps = agreedSteps({ rows });
  const fitOf = (field: "latency_s" | "energy_j") => {
    const points = rows.flatMap((row) => {
      const cost = row[field];
      return cost ? [{ widths: axes.map((axis) => widthOf(row, axis) ?? 1), cost }] : [];
    });
    return localFit(points);
  };
  const treadOf = (width: number, axis: number) =>
    Math.ceil(width / (steps.get(axes[axis] ?? "out") ?? 1));
  return {
    latency: fitOf("latency_s"),
    energy: fitOf("energy_j"),
    exact: rowFinder({ rows, axes }, (width) => width),
    treadMate: rowFinder({ rows, axes }, treadOf),
  };
}

/** Finds the first row whose widths fall into the same places: by a key, since families have thousands of rows. */
function rowFinder(
  { rows, axes }: Pick<Family, "rows" | "axes">,
  placeOf: (width: number, axis: number) => number,
): (widths: readonly number[]) => ForeignRow | undefined {
  const keyOf = (widths: readonly number[]) => widths.map(placeOf).join();
  const first = groupBy(rows, (row) => keyOf(axes.map((axis) => widthOf(row, axis) ?? 0)));
  return (widths) => first.get(keyOf(widths))?.[0];
}
