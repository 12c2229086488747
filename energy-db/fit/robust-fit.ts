import { inverse, Matrix } from "ml-matrix";
import { nonNegativeMinimum, type Quadratic } from "./non-negative.ts";

/** One observation: target = sum of value x coefficient, known to a standard deviation. */
export interface Row {
  readonly columns: readonly number[];
  readonly values: readonly number[];
  readonly target: number;
  readonly sd: number;
  /**
   * Rows whose standard deviations are right up to a factor that they share: how uncertain coefficients are follows from
   * their residuals then. Absent where `sd` is to be believed.
   */
  readonly kind?: string;
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
 * matrix, which stands for all rows, so that its cost hardly grows with them; each round starts where the last one ended.
 */
export function robustFit(rows: readonly Row[], columns: number): RobustFit {
  const weights = Float64Array.from(rows, ({ sd }) => 1 / sd);
  let equations = normalEquations(rows, weights, columns);
  let coefficients = solve(equations, equations.right.keys());
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Row;
      const residual = Math.abs(predicted(row, coefficients) - row.target) / row.sd;
      weights[i] = Math.sqrt(Math.min(1, tuning / residual)) / row.sd;
    }
    equations = normalEquations(rows, weights, columns);
    coefficients = solve(equations, aboveZero(coefficients));
  }
  let covariance: Matrix | undefined;
  return {
    coefficients,
    get covariance() {
      covariance ??= covarianceOf(equations, coefficients, (inverted) =>
        informationOf(rows, { weights, coefficients, covariance: inverted }),
      );
      return covariance;
    },
    weights,
    without: (left) => {
      const reduced = { gram: equations.gram.slice(), right: equations.right.slice() };
      for (const i of left) accumulate(reduced, rows[i], -((weights[i] ?? 0) ** 2));
      return solve(reduced, aboveZero(coefficients));
    },
  };
}

/** What the row's target should be. */
export function predicted(
  { columns, values }: Pick<Row, "columns" | "values">,
  coefficients: Float64Array,
): number {
  let sum = 0;
  for (let at = 0; at < columns.length; at++)
    sum += (values[at] ?? 0) * (coefficients[columns[at] ?? -1] ?? 0);
  return sum;
}

const aboveZero = (coefficients: Float64Array): readonly number[] =>
  [...coefficients.keys()].filter((column) => (coefficients[column] ?? 0) > 0);

function normalEquations(rows: readonly Row[], weights: Float64Array, columns: number): Quadratic {
  const equations = {
    gram: new Float64Array(columns * columns),
    right: new Float64Array(columns),
  };
  for (const [i, row] of rows.entries()) accumulate(equations, row, (weights[i] ?? 0) ** 2);
  return equations;
}

/** Counted loops: iterators of so many short rows would keep the garbage collector busy. */
function accumulate({ gram, right }: Quadratic, row: Row | undefined, factor: number): void {
  if (!row) return;
  const { columns, values, target } = row;
  const size = right.length;
  for (let a = 0; a < columns.length; a++) {
    const column = columns[a] ?? 0;
    const weighted = factor * (values[a] ?? 0);
    right[column] = (right[column] ?? 0) + weighted * target;
    for (let b = 0; b < columns.length; b++) {
      const at = column * size + (columns[b] ?? 0);
      gram[at] = (gram[at] ?? 0) + weighted * (values[b] ?? 0);
    }
  }
}

/** Coefficients of at least zero, found from those that are likely above it; the Gram matrix is scaled to a unit diagonal meanwhile. */
function solve({ gram, right }: Quadratic, start: Iterable<number>): Float64Array {
  const size = right.length;
  const scale = scaleOf(gram, size);
  const scaled = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) scaled[i * size + j] = scaledEntry(gram, scale, i, j);
  const minimum = nonNegativeMinimum(
    { gram: scaled, right: right.map((value, i) => value / (scale[i] ?? 1)) },
    start,
  );
  return minimum.map((value, i) => value / (scale[i] ?? 1));
}

/** The same to the last digit from both sides of the diagonal. */
function scaledEntry(gram: Float64Array, scale: Float64Array, i: number, j: number): number {
  const [low, high] = i < j ? [i, j] : [j, i];
  const entry = gram[low * scale.length + high] ?? 0;
  return entry / ((scale[low] ?? 1) * (scale[high] ?? 1)) + (i === j ? ridge : 0);
}

const scaleOf = (gram: Float64Array, size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => Math.sqrt(gram[i * size + i] ?? 0) || 1);

/**
 * Covariance of the coefficients above zero: the inverse of the Gram matrix where every row's standard deviation is believed,
 * else with the information that the residuals of its kind show in the middle (Eicker 1967, Huber 1967).
 */
function covarianceOf(
  { gram }: Quadratic,
  coefficients: Float64Array,
  information: (covariance: Matrix) => Matrix | undefined,
): Matrix {
  const used = aboveZero(coefficients);
  const covariance = Matrix.zeros(coefficients.length, coefficients.length);
  if (used.length === 0) return covariance;
  const scale = scaleOf(gram, coefficients.length);
  const inverted = inverse(
    new Matrix(used.map((a) => used.map((b) => scaledEntry(gram, scale, a, b)))),
  );
  for (const [i, a] of used.entries())
    for (const [j, b] of used.entries())
      covariance.set(a, b, inverted.get(i, j) / ((scale[a] ?? 1) * (scale[b] ?? 1)));
  const middle = information(covariance);
  return middle ? covariance.mmul(middle).mmul(covariance) : covariance;
}

/** Fewest degrees of freedom from which the noise of a kind of rows is judged. */
const fewestFreedom = 5;

/** The Gram matrix, every kind of rows by what its own residuals say of its noise; undefined where no kind is judged so. */
function informationOf(
  rows: readonly Row[],
  fit: {
    readonly weights: Float64Array;
    readonly coefficients: Float64Array;
    readonly covariance: Matrix;
  },
): Matrix | undefined {
  const kinds = new Set(rows.flatMap(({ kind }) => (kind === undefined ? [] : [kind])));
  if (kinds.size === 0) return undefined;
  const factors = new Map(
    [...kinds].map((kind) => [
      kind,
      noiseFactor(
        rows.flatMap((row, i) => (row.kind === kind ? [{ row, weight: fit.weights[i] ?? 0 }] : [])),
        fit,
      ),
    ]),
  );
  const size = fit.coefficients.length;
  const equations = { gram: new Float64Array(size * size), right: new Float64Array(size) };
  for (const [i, row] of rows.entries()) {
    const factor = row.kind === undefined ? 1 : (factors.get(row.kind) ?? 1);
    accumulate(equations, row, factor * (fit.weights[i] ?? 0) ** 2);
  }
  return Matrix.from1DArray(size, size, equations.gram);
}

/** Mean square of the weighted residuals over their degrees of freedom, which the fit has taken some of. */
function noiseFactor(
  rows: readonly { readonly row: Row; readonly weight: number }[],
  {
    coefficients,
    covariance,
  }: { readonly coefficients: Float64Array; readonly covariance: Matrix },
): number {
  let squares = 0;
  let taken = 0;
  for (const { row, weight } of rows) {
    squares += (weight * (predicted(row, coefficients) - row.target)) ** 2;
    taken += weight ** 2 * leverage(row, covariance);
  }
  const freedom = rows.length - taken;
  return freedom < fewestFreedom ? 1 : squares / freedom;
}

function leverage({ columns, values }: Row, covariance: Matrix): number {
  let sum = 0;
  for (const [i, a] of columns.entries())
    for (const [j, b] of columns.entries())
      sum += (values[i] ?? 0) * (values[j] ?? 0) * covariance.get(a, b);
  return sum;
}
