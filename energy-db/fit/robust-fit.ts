import { fcnnlsVector } from "ml-fcnnls";
import { CholeskyDecomposition, inverse, Matrix } from "ml-matrix";

/** One observation: target = sum of value x coefficient, known to a standard deviation. */
export interface Row {
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly target: number;
  readonly sd: number;
}

export interface RobustFit {
  /** One per column, none negative. */
  readonly coefficients: Float64Array;
  /** Of the coefficients, columns x columns; zero for those that the fit set to zero. */
  readonly covariance: Matrix;
  /** Weight of each row, 1 / sd and less for outliers. */
  readonly weights: Float64Array;
  /** Coefficients of a fit that leaves these rows out, with the same weights. */
  without(rows: readonly number[]): Float64Array;
}

/** Residuals beyond so many standard deviations count less (Huber 1964): disturbances only ever lengthen a time. */
const tuning = 1.5;
const rounds = 8;
/** Keeps the Gram matrix regular where columns depend on each other, in units of its diagonal. */
const ridge = 1e-7;

/**
 * Weighted least squares with coefficients of at least zero and Huber weights, iteratively reweighted. Works on the Gram
 * matrix, whose Cholesky factor stands for all rows, so that its cost hardly grows with them.
 */
export function robustFit(rows: readonly Row[], columns: number): RobustFit {
  const weights = Float64Array.from(rows, ({ sd }) => 1 / sd);
  let equations = normalEquations(rows, weights, columns);
  let coefficients = solve(equations);
  for (let round = 0; round < rounds; round++) {
    for (const [i, row] of rows.entries()) {
      const residual = Math.abs(predicted(row, coefficients) - row.target) / row.sd;
      weights[i] = Math.sqrt(Math.min(1, tuning / residual)) / row.sd;
    }
    equations = normalEquations(rows, weights, columns);
    coefficients = solve(equations);
  }
  return {
    coefficients,
    covariance: covarianceOf(equations, coefficients),
    weights,
    without: (left) => {
      const reduced = { gram: equations.gram.clone(), right: equations.right.slice() };
      for (const i of left) accumulate(reduced, rows[i], -((weights[i] ?? 0) ** 2));
      return solve(reduced);
    },
  };
}

/** What the row's target should be. */
export function predicted(
  { columns, values }: Pick<Row, "columns" | "values">,
  coefficients: Float64Array,
): number {
  let sum = 0;
  for (const [at, column] of columns.entries())
    sum += (values[at] ?? 0) * (coefficients[column] ?? 0);
  return sum;
}

interface Equations {
  readonly gram: Matrix;
  readonly right: Float64Array;
}

function normalEquations(rows: readonly Row[], weights: Float64Array, columns: number): Equations {
  const equations = { gram: Matrix.zeros(columns, columns), right: new Float64Array(columns) };
  for (const [i, row] of rows.entries()) accumulate(equations, row, (weights[i] ?? 0) ** 2);
  return equations;
}

function accumulate({ gram, right }: Equations, row: Row | undefined, factor: number): void {
  if (!row) return;
  const { columns, values, target } = row;
  for (const [a, column] of columns.entries()) {
    const weighted = factor * (values[a] ?? 0);
    right[column] = (right[column] ?? 0) + weighted * target;
    for (const [b, other] of columns.entries())
      gram.set(column, other, gram.get(column, other) + weighted * (values[b] ?? 0));
  }
}

/** min |L' k - L⁻¹ b| with k >= 0, where L L' is the Gram matrix scaled to a unit diagonal. */
function solve({ gram, right }: Equations): Float64Array {
  const scale = scaleOf(gram);
  const scaled = new Matrix(
    scale.map((_, i) => scale.map((__, j) => scaledEntry(gram, scale, i, j))),
  );
  const lower = new CholeskyDecomposition(scaled).lowerTriangularMatrix;
  const target = forward(
    lower,
    scale.map((size, i) => (right[i] ?? 0) / size),
  );
  const found = fcnnlsVector(lower.transpose(), target, { gradientTolerance: 1e-9 }).K;
  return Float64Array.from(scale, (size, i) => Math.max(0, found.get(i, 0)) / size);
}

/** The same to the last digit from both sides of the diagonal. */
function scaledEntry(gram: Matrix, scale: readonly number[], i: number, j: number): number {
  const [low, high] = i < j ? [i, j] : [j, i];
  return gram.get(low, high) / ((scale[low] ?? 1) * (scale[high] ?? 1)) + (i === j ? ridge : 0);
}

const scaleOf = (gram: Matrix): number[] => gram.diagonal().map((value) => Math.sqrt(value) || 1);

/** Solves L x = right. */
function forward(lower: Matrix, right: readonly number[]): number[] {
  const solution: number[] = [];
  for (const [i, value] of right.entries()) {
    let rest = value;
    for (let k = 0; k < i; k++) rest -= lower.get(i, k) * (solution[k] ?? 0);
    solution.push(rest / lower.get(i, i));
  }
  return solution;
}

/** Inverse of the Gram matrix of the coefficients above zero. */
function covarianceOf({ gram }: Equations, coefficients: Float64Array): Matrix {
  const used = [...coefficients.keys()].filter((column) => (coefficients[column] ?? 0) > 0);
  const covariance = Matrix.zeros(coefficients.length, coefficients.length);
  if (used.length === 0) return covariance;
  const scale = scaleOf(gram);
  const inverted = inverse(
    new Matrix(used.map((a) => used.map((b) => scaledEntry(gram, scale, a, b)))),
  );
  for (const [i, a] of used.entries())
    for (const [j, b] of used.entries())
      covariance.set(a, b, inverted.get(i, j) / ((scale[a] ?? 1) * (scale[b] ?? 1)));
  return covariance;
}
