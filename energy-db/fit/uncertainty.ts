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

/** A network that a fit left out: what it took, and predicted - measured. */
interface LeftOut {
  readonly latency_us: number;
  readonly residual_us: number;
}

/**
 * Half of a 95 % prediction interval of what measuring a network of this size shows, as a fraction of its latency. From the networks
 * left out, each error in units of what networks of its size usually err by (normalised conformal prediction, Papadopoulos and
 * others 2008; Lei and others 2018, section 5.2). The network asked about counts as one that errs more than all of them, or a
 * quantile of a few errors would promise too much.
 */
export function relativeErrorAt(leftOut: readonly LeftOut[]): (latency_us: number) => number {
  const errors = leftOut.map(({ latency_us, residual_us }) => ({
    size: Math.log(latency_us),
    error: Math.abs(residual_us) / latency_us,
  }));
  const scores = errors.map(({ size, error }, own) => {
    const usual = usualError(
      errors.filter((_, i) => i !== own),
      size,
    );
    return usual > 0 ? error / usual : 0;
  });
  const rank = Math.ceil(0.95 * (scores.length + 1));
  const score = scores.toSorted((a, b) => a - b)[Math.min(rank, scores.length) - 1] ?? 0;
  return (latency_us) => score * usualError(errors, Math.log(latency_us));
}

/** Mean error of networks of a size: near ones count most, and all of them as much as a few near ones. */
function usualError(
  errors: readonly { readonly size: number; readonly error: number }[],
  size: number,
): number {
  const weights = errors.map((one) => Math.exp(-(((one.size - size) / nearness) ** 2)));
  const ofNear = errors.reduce((sum, { error }, i) => sum + error * (weights[i] ?? 0), 0);
  const ofAll = errors.reduce((sum, { error }) => sum + error, 0) / Math.max(1, errors.length);
  const near = weights.reduce((sum, weight) => sum + weight, 0);
  return (ofNear + weightOfAll * ofAll) / (near + weightOfAll);
}

/** In natural logarithms of latency; wider ones give large networks the noise of small ones (docs/measuring.md). */
const nearness = 0.2;
/** Of the mean over networks of all sizes, in near networks. */
const weightOfAll = 2;
