/** A symmetric matrix that is read only. */
export interface SymmetricMatrix {
  get(row: number, column: number): number;
}

/** Quadratic form of a sparse vector. */
export function quadratic(
  matrix: SymmetricMatrix,
  vector: readonly { readonly column: number; readonly value: number }[],
): number {
  let sum = 0;
  for (const a of vector)
    for (const b of vector) sum += a.value * b.value * matrix.get(a.column, b.column);
  return sum;
}

/**
 * Half of a 95 % prediction interval of what measuring a network of this size shows, as a fraction: from the networks left out, near
 * ones count most. The network asked about counts as one that errs more than all of them, or a quantile of a few errors
 * would promise too much (weighted conformal prediction, Tibshirani and others 2019).
 */
export function relativeErrorNear(
  leftOut: readonly { readonly latency_us: number; readonly residual_us: number }[],
  latency_us: number,
): number {
  const errors = leftOut.map(({ latency_us: size, residual_us }) => {
    const distance = Math.log(size / latency_us) / nearness;
    return { error: Math.abs(residual_us) / size, weight: Math.exp(-distance * distance) };
  });
  const near = errors.reduce((sum, { weight }) => sum + weight, 0);
  const weightOf = ({ weight }: { readonly weight: number }): number =>
    near >= fewestNear ? weight : 1;
  const wanted = 0.95 * (errors.reduce((sum, one) => sum + weightOf(one), 0) + 1);
  let seen = 0;
  let largest = 0;
  for (const one of errors.toSorted((a, b) => a.error - b.error)) {
    seen += weightOf(one);
    largest = one.error;
    if (seen >= wanted) return one.error;
  }
  return largest;
}

/** In natural logarithms of latency; wider ones give large networks the noise of small ones (docs/measuring.md). */
const nearness = 0.4;
/** Fewer near networks than this, by weight, are too few: all count alike then. */
const fewestNear = 5;
