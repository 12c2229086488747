import { CholeskyDecomposition, Matrix } from "ml-matrix";

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
  const minimum = new Float64Array(right.length);
  if (free.length === 0) return minimum;
  const size = right.length;
  // From one triangle: the other may differ by rounding.
  const between = (a: number, b: number) => gram[Math.max(a, b) * size + Math.min(a, b)] ?? 0;
  const own = new Matrix(free.map((row) => free.map((column) => between(row, column))));
  const side = Matrix.columnVector(free.map((variable) => right[variable] ?? 0));
  const solved = new CholeskyDecomposition(own).solve(side);
  for (const [i, variable] of free.entries()) minimum[variable] = solved.get(i, 0);
  return minimum;
}
