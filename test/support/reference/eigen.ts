/** Eigenvalues in ascending order with unit eigenvectors. */
export interface Eigenpairs {
  readonly values: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** Cyclic Jacobi rotations on a dense symmetric matrix: slow, simple, accurate to the last digits. */
export function denseEigen(symmetric: readonly (readonly number[])[]): Eigenpairs {
  const size = symmetric.length;
  const a = symmetric.map((row) => Float64Array.from(row));
  const v = symmetric.map((_, i) => Float64Array.from(symmetric, (_, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, p, q);
  const order = a
    .map((row, i) => ({ value: row[i] ?? 0, i }))
    .sort((left, right) => left.value - right.value);
  return {
    values: order.map(({ value }) => value),
    vectors: order.map(({ i }) => v.map((row) => row[i] ?? 0)),
  };
}

function rotate(
  a: readonly Float64Array[],
  v: readonly Float64Array[],
  p: number,
  q: number,
): void {
  const app = a[p]?.[p] ?? 0;
  const aqq = a[q]?.[q] ?? 0;
  const apq = a[p]?.[q] ?? 0;
  if (apq === 0) return;
  const theta = (aqq - app) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of [...a, ...v]) mix(row, p, q, c, s);
  const rowP = a[p];
  const rowQ = a[q];
  if (!rowP || !rowQ) return;
  for (let k = 0; k < rowP.length; k++) {
    const x = rowP[k] ?? 0;
    const y = rowQ[k] ?? 0;
    rowP[k] = c * x - s * y;
    rowQ[k] = s * x + c * y;
  }
}

function mix(row: Float64Array, p: number, q: number, c: number, s: number): void {
  const x = row[p] ?? 0;
  const y = row[q] ?? 0;
  row[p] = c * x - s * y;
  row[q] = s * x + c * y;
}
