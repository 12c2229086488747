import type { Batch } from "../../src/datasets/index.ts";
import type { Weights } from "../../src/network/parameters.ts";
import type { SplittingGroup } from "./groups.ts";
import type { NeuronVectors, SplittingProducts } from "./products.ts";

/** Starts a new pass over data; every batch has the size that the products were compiled for. */
export type BatchSource = () => Iterable<Batch> | AsyncIterable<Batch>;

/** v'Sv of one neuron, estimated from batches. */
export interface IndexEstimate {
  readonly index: number;
  /** From the spread over the batches; absent with a single one. */
  readonly standardError?: number;
}

/** S_B v of every batch of one pass, with the vectors as they are when their batch's turn comes. */
export async function* eachProduct(
  products: SplittingProducts,
  weights: Weights,
  batches: BatchSource,
  directions: () => readonly Float64Array[],
): AsyncGenerator<readonly Float32Array[]> {
  let given: readonly Float64Array[] = [];
  let packed: NeuronVectors = new Map();
  for await (const examples of batches()) {
    const now = directions();
    if (now !== given) packed = packVectors(products.groups, now);
    given = now;
    const result = await products.multiply(weights, examples, packed);
    yield vectorsOf(products.groups, result.products);
  }
}

/** S v over one pass of data, one vector per neuron in the order of `vectorsOf`. */
export async function meanProducts(
  products: SplittingProducts,
  weights: Weights,
  batches: BatchSource,
  directions: readonly Float64Array[],
): Promise<readonly Float64Array[]> {
  const sums = directions.map(({ length }) => new Float64Array(length));
  let passed = 0;
  for await (const rows of eachProduct(products, weights, batches, () => directions)) {
    for (const [i, row] of rows.entries()) addTo(sums[i] ?? new Float64Array(), row);
    passed++;
  }
  if (passed === 0) throw new Error("No batch to compute splitting products from");
  return sums.map((sum) => sum.map((entry) => entry / passed));
}

/**
 * v'Sv of given unit directions over one pass of data. On data that had no part in
 * finding v it is unbiased, whereas eigenvalues of a noisy matrix lie too far out.
 */
export async function estimateIndices(
  products: SplittingProducts,
  weights: Weights,
  batches: BatchSource,
  directions: readonly Float64Array[],
): Promise<readonly IndexEstimate[]> {
  const samples = directions.map((): number[] => []);
  for await (const rows of eachProduct(products, weights, batches, () => directions))
    for (const [i, row] of rows.entries())
      samples[i]?.push(inner(directions[i] ?? new Float64Array(), row));
  return samples.map(meanWithError);
}

/** Every neuron's row, groups in order, neurons in order; views, not copies. */
function vectorsOf(
  groups: readonly SplittingGroup[],
  vectors: NeuronVectors,
): readonly Float32Array[] {
  return groups.flatMap(({ group, dimension }) => {
    const rows = vectors.get(group.name);
    if (rows?.length !== group.width * dimension)
      throw new Error(`Group "${group.name}" lacks vectors of ${group.width} x ${dimension}`);
    return Array.from({ length: group.width }, (_, neuron) =>
      rows.subarray(neuron * dimension, (neuron + 1) * dimension),
    );
  });
}

/** The inverse of `vectorsOf`. */
function packVectors(
  groups: readonly SplittingGroup[],
  vectors: readonly Float64Array[],
): NeuronVectors {
  let next = 0;
  return new Map(
    groups.map(({ group, dimension }) => {
      const rows = new Float32Array(group.width * dimension);
      for (let neuron = 0; neuron < group.width; neuron++)
        rows.set(vectors[next++] ?? [], neuron * dimension);
      return [group.name, rows];
    }),
  );
}

function addTo(sum: Float64Array, row: Float32Array): void {
  for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] ?? 0) + (row[k] ?? 0);
}

function inner(a: Float64Array, b: Float32Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] ?? 0) * (b[k] ?? 0);
  return sum;
}

export function meanWithError(samples: readonly number[]): IndexEstimate {
  const count = samples.length;
  if (count === 0) throw new Error("No batch to estimate splitting indices from");
  const index = samples.reduce((sum, sample) => sum + sample, 0) / count;
  if (count === 1) return { index };
  const squares = samples.reduce((sum, sample) => sum + (sample - index) ** 2, 0);
  return { index, standardError: Math.sqrt(squares / (count - 1) / count) };
}
