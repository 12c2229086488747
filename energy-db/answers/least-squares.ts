/** A symmetric positive definite matrix made ready for many right-hand sides. */
export interface Factored {
  /** x with A x = right. */
  solve(right: readonly number[]): number[];
}

/** Factors by Cholesky; undefined when the matrix is not positive definite (numerically). */
export function factorSymmetric(matrix: readonly (readonly number[])[]): Factored | undefined {
  const factor = cholesky(matrix);
  return factor && { solve: (right) => substitute(factor, right) };
}

/** L Lᵀ x = right: forwards with L, then backwards with Lᵀ. */
function substitute(factor: readonly (readonly number[])[], right: readonly number[]): number[] {
  const solution: number[] = [];
  for (const [i, row] of factor.entries())
    solution.push(((right[i] ?? 0) - dot(row, solution, i)) / (row[i] ?? 1));
  for (let i = factor.length - 1; i >= 0; i--) {
    const row = factor[i] ?? [];
    const value = (solution[i] ?? 0) / (row[i] ?? 1);
    solution[i] = value;
    for (let k = 0; k < i; k++) solution[k] = (solution[k] ?? 0) - (row[k] ?? 0) * value;
  }
  return solution;
}

/** Lower triangle L with L Lᵀ = A, row by row. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const factor: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const line: number[] = [];
    for (const [j, above] of factor.entries())
      line.push(((row[j] ?? 0) - dot(above, line, j)) / (above[j] ?? 1));
    const square = (row[i] ?? 0) - dot(line, line, i);
    if (square <= 1e-12 * (row[i] ?? 0)) return undefined;
    line.push(Math.sqrt(square));
    factor.push(line);
  }
  return factor;
}

/** Product of the first `length` elements. */
function dot(a: readonly number[], b: readonly number[], length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += (a[k] ?? 0) * (b[k] ?? 0);
  return sum;
}

/** Coefficients that minimise |features x - targets|²; undefined when the columns are dependent. */
export function leastSquares(
  features: readonly (readonly number[])[],
  targets: readonly number[],
): number[] | undefined {
  const columns = features[0]?.length ?? 0;
  const product = (of: (row: readonly number[], i: number) => number) =>
    features.reduce((sum, row, i) => sum + of(row, i), 0);
  const range = Array.from({ length: columns }, (_, c) => c);
  const normal = factorSymmetric(
    range.map((a) => range.map((b) => product((row) => (row[a] ?? 0) * (row[b] ?? 0)))),
  );
  return normal?.solve(range.map((a) => product((row, i) => (row[a] ?? 0) * (targets[i] ?? 0))));
}

/**
 * Least squares with coefficients of at least zero. Few columns: every subset is solved freely and
 * the best admissible one kept, which is the exact optimum (its active set is among the subsets).
 */
export function nonNegativeLeastSquares(
  features: readonly (readonly number[])[],
  targets: readonly number[],
): readonly number[] {
  const columns = features[0]?.length ?? 0;
  let best = { error: Number.POSITIVE_INFINITY, coefficients: new Array<number>(columns).fill(0) };
  for (let subset = 1; subset < 2 ** columns; subset++) {
    const chosen = Array.from({ length: columns }, (_, c) => c).filter((c) => subset & (1 << c));
    const free = leastSquares(
      features.map((row) => chosen.map((c) => row[c] ?? 0)),
      targets,
    );
    if (!free || free.some((value) => value < 0)) continue;
    const coefficients = new Array<number>(columns).fill(0);
    for (const [i, c] of chosen.entries()) coefficients[c] = free[i] ?? 0;
    const error = residualsOf(features, targets, coefficients).reduce((sum, r) => sum + r * r, 0);
    if (error < best.error) best = { error, coefficients };
  }
  return best.coefficients;
}

/** targets - features x coefficients. */
export const residualsOf = (
  features: readonly (readonly number[])[],
  targets: readonly number[],
  coefficients: readonly number[],
): number[] =>
  features.map(
    (row, i) =>
      (targets[i] ?? 0) - row.reduce((sum, value, c) => sum + value * (coefficients[c] ?? 0), 0),
  );
