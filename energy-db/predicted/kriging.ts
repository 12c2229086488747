import { CholeskyDecomposition, Matrix } from "ml-matrix";

/** A value seen at a place, with the standard deviation of what it may be off by. */
export interface Seen {
  readonly place: readonly number[];
  readonly value: number;
  readonly sd: number;
}

export interface KrigingRule {
  /** Standard deviation of the values around 0 where nothing is near. */
  readonly spread: number;
  /** Values at places this far apart along an axis are hardly alike any more. */
  readonly lengths: readonly number[];
}

/**
 * The value expected at a place from those seen around it (simple kriging, exponential covariance; Cressie 1993, section 3.2):
 * between places seen it is near theirs, far from all of them 0. Undefined where nothing was seen.
 */
export function kriged(
  at: readonly number[],
  seen: readonly Seen[],
  { spread, lengths }: KrigingRule,
): { readonly value: number; readonly sd: number } | undefined {
  if (seen.length === 0) return undefined;
  const alike = (a: readonly number[], b: readonly number[]): number => {
    let squares = 0;
    for (const [axis, length] of lengths.entries())
      squares += (((a[axis] ?? 0) - (b[axis] ?? 0)) / length) ** 2;
    return spread ** 2 * Math.exp(-Math.sqrt(squares));
  };
  const covariance = new Matrix(
    seen.map((a, i) => seen.map((b, j) => alike(a.place, b.place) + (i === j ? a.sd ** 2 : 0))),
  );
  const toAsked = Matrix.columnVector(seen.map(({ place }) => alike(place, at)));
  const weights = new CholeskyDecomposition(covariance).solve(toAsked).to1DArray();
  const value = seen.reduce((sum, { value }, i) => sum + value * (weights[i] ?? 0), 0);
  const explained = weights.reduce((sum, weight, i) => sum + weight * toAsked.get(i, 0), 0);
  return { value, sd: Math.sqrt(Math.max(0, spread ** 2 - explained)) };
}
