import type { Random } from "../../src/random.ts";
import { tridiagonalEigen } from "./tridiagonal.ts";

/** Both ends of a symmetric matrix's spectrum, with unit eigenvectors. */
export interface Extremes {
  readonly lambdaMin: number;
  readonly vMin: Float64Array;
  readonly lambdaMax: number;
  readonly vMax: Float64Array;
}

/** Multiplies each of many symmetric matrices by its own vector, all in one call. */
export type SymmetricProducts = (
  vectors: readonly Float64Array[],
) => Promise<readonly Float64Array[]>;

export interface LanczosOptions {
  /** Products per matrix at most; a matrix of dimension d needs no more than d. */
  readonly steps: number;
  readonly random: Random;
  readonly onStep?: (step: number) => void;
}

/**
 * Lanczos with full re-orthogonalisation on many matrices in parallel (Golub and Van Loan, section 10.3).
 * With steps >= d both ends are exact; fewer steps bound them from inside. Holds steps x d numbers per matrix.
 */
export async function lanczosExtremes(
  products: SymmetricProducts,
  dimensions: readonly number[],
  { steps, random, onStep }: LanczosOptions,
): Promise<readonly Extremes[]> {
  const runs = dimensions.map((dimension) => startRun(dimension, steps, random));
  for (let step = 1; runs.some(({ isDone }) => !isDone); step++) {
    const images = await products(runs.map(nextVector));
    for (const [i, run] of runs.entries()) {
      const image = images[i];
      if (!image) throw new Error(`No product for matrix ${i}`);
      if (!run.isDone) extend(run, Float64Array.from(image));
    }
    onStep?.(step);
  }
  return runs.map(extremesOf);
}

/** Images below this share of the largest one are rounding: the Krylov space is exhausted. */
const exhausted = 1e-12;

interface Run {
  readonly limit: number;
  readonly basis: Float64Array[];
  readonly diagonal: number[];
  readonly offDiagonal: number[];
  /** Largest image so far: a lower bound of the matrix's norm. */
  norm: number;
  isDone: boolean;
}

function startRun(dimension: number, steps: number, random: Random): Run {
  const start = Float64Array.from({ length: dimension }, () => random.normal());
  return {
    limit: Math.min(dimension, steps),
    basis: [scaled(start, 1 / Math.sqrt(dot(start, start)))],
    diagonal: [],
    offDiagonal: [],
    norm: 0,
    isDone: false,
  };
}

/** A run that is done still takes its place in the call. */
function nextVector({ basis, isDone }: Run): Float64Array {
  const last = lastOf(basis);
  return isDone ? new Float64Array(last.length) : last;
}

/** Takes S q of the last basis vector q; `image` is overwritten. */
function extend(run: Run, image: Float64Array): void {
  const { basis, diagonal, offDiagonal, limit } = run;
  const alpha = dot(lastOf(basis), image);
  if (!Number.isFinite(alpha)) throw new Error("A splitting matrix is not finite");
  diagonal.push(alpha);
  run.norm = Math.max(run.norm, Math.sqrt(dot(image, image)));
  // Twice is enough (Parlett 1980).
  for (const vector of [...basis, ...basis]) subtract(image, vector, dot(vector, image));
  const beta = Math.sqrt(dot(image, image));
  run.isDone = diagonal.length >= limit || beta <= exhausted * run.norm;
  if (run.isDone) return;
  offDiagonal.push(beta);
  basis.push(scaled(image, 1 / beta));
}

function extremesOf({ basis, diagonal, offDiagonal }: Run): Extremes {
  const { values, vectors } = tridiagonalEigen(diagonal, offDiagonal);
  const ritz = (weights: Float64Array | undefined): Float64Array => {
    const sum = new Float64Array(lastOf(basis).length);
    for (const [i, vector] of basis.entries()) subtract(sum, vector, -(weights?.[i] ?? 0));
    return scaled(sum, 1 / Math.sqrt(dot(sum, sum)));
  };
  return {
    lambdaMin: values[0] ?? 0,
    vMin: ritz(vectors[0]),
    lambdaMax: values.at(-1) ?? 0,
    vMax: ritz(vectors.at(-1)),
  };
}

function lastOf(basis: readonly Float64Array[]): Float64Array {
  const last = basis.at(-1);
  if (!last) throw new Error("A Lanczos basis is never empty");
  return last;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** target -= factor vector */
function subtract(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) - factor * (vector[i] ?? 0);
}

const scaled = (vector: Float64Array, factor: number): Float64Array =>
  vector.map((entry) => entry * factor);
