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
  const { gram, right } = normalEquations(features, targets);
  return factorSymmetric(gram)?.solve(right);
}

/**
 * Least squares with coefficients of at least zero, by active sets (Lawson and Hanson, Solving Least
 * Squares Problems, 1974, ch. 23). A column that depends on those in use stays out.
 */
export function nonNegativeLeastSquares(
  features: readonly (readonly number[])[],
  targets: readonly number[],
): readonly number[] {
  const equations = normalEquations(features, targets);
  const { gram, right } = equations;
  const rejected = new Set<number>();
  let used: readonly number[] = [];
  let coefficients: readonly number[] = right.map(() => 0);
  for (let round = 0; round < 10 * right.length; round++) {
    const steepest = right
      .map((value, c) => ({ c, slope: value - dot(gram[c] ?? [], coefficients, right.length) }))
      .filter(({ c, slope }) => slope > 1e-10 && !used.includes(c) && !rejected.has(c))
      .sort((a, b) => b.slope - a.slope)[0];
    if (!steepest) break;
    const entered = enter(equations, [...used, steepest.c], coefficients);
    if (entered?.used.includes(steepest.c)) ({ used, coefficients } = entered);
    else rejected.add(steepest.c);
  }
  return coefficients;
}

interface NormalEquations {
  readonly gram: readonly (readonly number[])[];
  readonly right: readonly number[];
}

function normalEquations(
  features: readonly (readonly number[])[],
  targets: readonly number[],
): NormalEquations {
  const range = Array.from({ length: features[0]?.length ?? 0 }, (_, c) => c);
  const product = (of: (row: readonly number[], i: number) => number) =>
    features.reduce((sum, row, i) => sum + of(row, i), 0);
  return {
    gram: range.map((a) => range.map((b) => product((row) => (row[a] ?? 0) * (row[b] ?? 0)))),
    right: range.map((a) => product((row, i) => (row[a] ?? 0) * (targets[i] ?? 0))),
  };
}

/** Solves freely on the columns in use and drops those that would turn negative, until none does. */
function enter(
  { gram, right }: NormalEquations,
  columns: readonly number[],
  start: readonly number[],
): { readonly used: readonly number[]; readonly coefficients: readonly number[] } | undefined {
  let used = columns;
  let coefficients = start;
  while (used.length > 0) {
    const free = factorSymmetric(used.map((a) => used.map((b) => gram[a]?.[b] ?? 0)))?.solve(
      used.map((c) => right[c] ?? 0),
    );
    if (!free) return undefined;
    const goal = spread(free, used, right.length);
    const falling = used.filter((c) => (goal[c] ?? 0) <= 0);
    if (falling.length === 0) return { used, coefficients: goal };
    const ways = new Map(
      falling.map((c) => {
        const from = coefficients[c] ?? 0;
        return [c, from / (from - (goal[c] ?? 0) || 1)];
      }),
    );
    const way = Math.min(...ways.values());
    const moved = coefficients.map((value, c) => value + way * ((goal[c] ?? 0) - value));
    // Whoever stops the way is zero now; said outright, because rounding may leave a trace.
    used = used.filter((c) => ways.get(c) !== way);
    coefficients = moved.map((value, c) => (used.includes(c) ? value : 0));
  }
  return { used, coefficients };
}

function spread(values: readonly number[], columns: readonly number[], length: number): number[] {
  const all = new Array<number>(length).fill(0);
  for (const [i, c] of columns.entries()) all[c] = values[i] ?? 0;
  return all;
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
