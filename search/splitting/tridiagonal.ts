/** Eigenvalues in ascending order; vectors[i] is the unit eigenvector of values[i]. */
export interface SymmetricEigen {
  readonly values: readonly number[];
  readonly vectors: readonly Float64Array[];
}

const maxIterations = 60;

/** Smaller off-diagonal entries are 0: rotations by denormal numbers are not orthogonal. */
const tiny = 1e-290;

/**
 * All eigenpairs of the symmetric tridiagonal matrix with this diagonal [n] and off-diagonal [n - 1],
 * by implicit QL with Wilkinson's shift (Dubrulle, Martin and Wilkinson 1968).
 */
export function tridiagonalEigen(
  diagonal: readonly number[],
  offDiagonal: readonly number[],
): SymmetricEigen {
  const size = diagonal.length;
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from({ length: size }, (_, i) => offDiagonal[i] ?? 0);
  // Row i ends as the eigenvector of d[i].
  const vectors = Array.from({ length: size }, (_, i) => {
    const row = new Float64Array(size);
    row[i] = 1;
    return row;
  });
  for (let low = 0; low < size; low++) {
    let iterations = 0;
    for (let high = blockEnd(d, e, low); high > low; high = blockEnd(d, e, low)) {
      if (++iterations > maxIterations) throw new Error("Implicit QL does not converge");
      sweep({ d, e, vectors }, low, high);
    }
  }
  const order = [...d.keys()].sort((a, b) => at(d, a) - at(d, b));
  return {
    values: order.map((i) => at(d, i)),
    vectors: order.flatMap((i) => vectors[i] ?? []),
  };
}

/** Last index of the unreduced block that begins at `low`. */
function blockEnd(d: Float64Array, e: Float64Array, low: number): number {
  let high = low;
  while (high < d.length - 1) {
    const size = Math.abs(at(d, high)) + Math.abs(at(d, high + 1));
    if (Math.abs(at(e, high)) <= Number.EPSILON * size + tiny) break;
    high++;
  }
  return high;
}

interface Work {
  readonly d: Float64Array;
  readonly e: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/** One shifted QL step on the block [low, high]: chases the bulge upwards by plane rotations. */
function sweep({ d, e, vectors }: Work, low: number, high: number): void {
  const half = (at(d, low + 1) - at(d, low)) / (2 * at(e, low));
  const root = Math.hypot(half, 1);
  let bulge = at(d, high) - at(d, low) + at(e, low) / (half + (half < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = high - 1; i >= low; i--) {
    const outside = sine * at(e, i);
    const inside = cosine * at(e, i);
    const radius = Math.hypot(outside, bulge);
    e[i + 1] = radius;
    if (radius === 0) {
      // The block falls apart here; the next call finds the smaller one.
      d[i + 1] = at(d, i + 1) - shift;
      e[high] = 0;
      return;
    }
    sine = outside / radius;
    cosine = bulge / radius;
    const lower = at(d, i + 1) - shift;
    const change = (at(d, i) - lower) * sine + 2 * cosine * inside;
    shift = sine * change;
    d[i + 1] = lower + shift;
    bulge = cosine * change - inside;
    rotate(vectors[i], vectors[i + 1], cosine, sine);
  }
  d[low] = at(d, low) - shift;
  e[low] = bulge;
  e[high] = 0;
}

function rotate(
  upper: Float64Array | undefined,
  lower: Float64Array | undefined,
  cosine: number,
  sine: number,
): void {
  if (!upper || !lower) return;
  for (let k = 0; k < upper.length; k++) {
    const [a, b] = [at(upper, k), at(lower, k)];
    lower[k] = sine * a + cosine * b;
    upper[k] = cosine * a - sine * b;
  }
}

const at = (array: Float64Array, i: number): number => array[i] ?? 0;
