/** A symmetric positive definite matrix, its rows one after the other, and a right side. */
export interface Quadratic {
  /** size x size. */
  readonly gram: Float64Array;
  readonly right: Float64Array;
}

/** Gradients below this part of the largest right side pull nothing off its bound. */
const tolerance = 1e-11;

/**
 * min x'Gx / 2 - r'x with x >= 0: the active sets of Lawson and Hanson (1974) on the Gram matrix (Bro and de Jong 1997). The solution
 * is the only one, wherever it starts; from the variables that are likely above zero it is there in a few steps.
 */
export function nonNegativeMinimum(
  { gram, right }: Quadratic,
  start: Iterable<number>,
): Float64Array {
  const size = right.length;
  const small = tolerance * right.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let free = [...start];
  let solution = feasible(gram, right, free);
  free = positive(solution);
  // Rounding could let two variables take turns for ever.
  for (let step = 0; step < 10 * size; step++) {
    const entering = steepest(gram, right, solution, small);
    if (entering === undefined) break;
    free.push(entering);
    let target = minimumOf(gram, right, free);
    // What only rounding let in.
    if ((target[entering] ?? 0) <= 0) break;
    while (free.some((i) => (target[i] ?? 0) <= 0)) {
      solution = towards(solution, target, free);
      free = positive(solution).filter((i) => free.includes(i));
      target = minimumOf(gram, right, free);
    }
    solution = target;
  }
  return solution;
}

/** A start without negative values: what is below zero is let go, again and again. */
function feasible(gram: Float64Array, right: Float64Array, start: readonly number[]): Float64Array {
  let free = start;
  for (;;) {
    const minimum = minimumOf(gram, right, free);
    const kept = free.filter((i) => (minimum[i] ?? 0) > 0);
    if (kept.length === free.length) return minimum;
    free = kept;
  }
}

const positive = (solution: Float64Array): number[] =>
  [...solution.keys()].filter((i) => (solution[i] ?? 0) > 0);

/** The variable at zero along which the function falls most; undefined where along none. */
function steepest(
  gram: Float64Array,
  right: Float64Array,
  solution: Float64Array,
  least: number,
): number | undefined {
  const size = right.length;
  let most = least;
  let found: number | undefined;
  for (let i = 0; i < size; i++) {
    if ((solution[i] ?? 0) > 0) continue;
    let fall = right[i] ?? 0;
    for (let j = 0; j < size; j++) fall -= (gram[i * size + j] ?? 0) * (solution[j] ?? 0);
    if (fall > most) [most, found] = [fall, i];
  }
  return found;
}

/** As far towards the target as nothing is negative; what stopped it is zero. */
function towards(from: Float64Array, target: Float64Array, free: readonly number[]): Float64Array {
  let share = 1;
  let first = -1;
  for (const i of free) {
    const [here = 0, there = 0] = [from[i], target[i]];
    if (there > 0) continue;
    const reached = here / (here - there);
    if (reached <= share) [share, first] = [reached, i];
  }
  const moved = from.map((value, i) => Math.max(0, value + share * ((target[i] ?? 0) - value)));
  moved[first] = 0;
  return moved;
}

/** The minimum over these variables alone, of any sign; the others are zero. */
function minimumOf(gram: Float64Array, right: Float64Array, free: readonly number[]): Float64Array {
  const count = free.length;
  const lower = choleskyFactor(gram, right.length, free);
  const left = Float64Array.from(free, (variable) => right[variable] ?? 0);
  for (let i = 0; i < count; i++)
    left[i] = ((left[i] ?? 0) - dot(lower, i * count, left, 0, i)) / (lower[i * count + i] ?? 1);
  const minimum = new Float64Array(right.length);
  for (let i = count - 1; i >= 0; i--) {
    const value = (left[i] ?? 0) / (lower[i * count + i] ?? 1);
    for (let k = 0; k < i; k++) left[k] = (left[k] ?? 0) - (lower[i * count + k] ?? 0) * value;
    minimum[free[i] ?? 0] = value;
  }
  return minimum;
}

/** Row by row, the L of L L' = the Gram matrix of these variables. */
function choleskyFactor(gram: Float64Array, size: number, free: readonly number[]): Float64Array {
  const count = free.length;
  const lower = new Float64Array(count * count);
  for (const [i, row] of free.entries())
    for (let j = 0; j <= i; j++) {
      const entry = gram[row * size + (free[j] ?? 0)] ?? 0;
      const rest = entry - dot(lower, i * count, lower, j * count, j);
      lower[i * count + j] = i === j ? Math.sqrt(rest) : rest / (lower[j * count + j] ?? 1);
    }
  return lower;
}

/** Of so many values from there on. */
function dot(
  a: Float64Array,
  fromA: number,
  b: Float64Array,
  fromB: number,
  length: number,
): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += (a[fromA + k] ?? 0) * (b[fromB + k] ?? 0);
  return sum;
}
