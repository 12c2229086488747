import type { Weights } from "../../src/network/parameters.ts";
import type { Random } from "../../src/random.ts";
import { type BatchSource, estimateIndices, type IndexEstimate } from "./data-passes.ts";
import { type DirectionFinder, lanczos } from "./finders.ts";
import { type SplittingGroup, thetaArrays } from "./groups.ts";
import type { SplittingProducts } from "./products.ts";

/** A neuron's splitting index and direction, found on one set of data and judged on another. */
export interface NeuronDirection {
  /** Least eigenvalue of S on the finding data: biased outwards, so not the gain to expect. */
  readonly lambdaMin: number;
  readonly vMin: Float32Array;
  readonly lambdaMax: number;
  readonly vMax: Float32Array;
  /** v'Sv of vMin on the held-out data, free of that bias. */
  readonly heldOut: IndexEstimate;
  /** The same of vMax; absent where only the least end was asked for, or found. */
  readonly heldOutMax?: IndexEstimate;
  /** |theta|^2. An index times it does not depend on the filter's scale under batch norm. */
  readonly squaredNorm: number;
  /**
   * Where no split of the neuron gains: what makes a copy of it a new neuron that starts without outgoing weights. The index then
   * says what that gains.
   */
  readonly newcomer?: Float32Array;
}

export interface DirectionOptions {
  /** Lanczos with 10 steps when absent. */
  readonly finder?: DirectionFinder;
  /** Signed splits ask for the greatest end too. */
  readonly bothEnds?: boolean;
  readonly random: Random;
  readonly onProgress?: (progress: { readonly pass: number; readonly passes: number }) => void;
}

/** Index and direction of every neuron of every splittable group, by group name and in neuron order. */
export async function splittingDirections(
  products: SplittingProducts,
  weights: Weights,
  finding: BatchSource,
  heldOut: BatchSource,
  { finder = lanczos(10), bothEnds = false, random, onProgress }: DirectionOptions,
): Promise<ReadonlyMap<string, readonly NeuronDirection[]>> {
  const { groups } = products;
  const dimensions = groups.flatMap(({ group, dimension }) =>
    new Array<number>(group.width).fill(dimension),
  );
  const passes = finder.passes(Math.max(0, ...dimensions)) + (bothEnds ? 2 : 1);
  const onPass = (pass: number) => onProgress?.({ pass, passes });
  const extremes = await finder.find({
    products,
    weights,
    data: finding,
    dimensions,
    random,
    onPass,
  });
  const judge = (vectors: readonly Float64Array[]) =>
    estimateIndices(products, weights, heldOut, vectors);
  const least = await judge(extremes.map(({ vMin }) => vMin));
  const greatest = bothEnds ? await judge(extremes.map(({ vMax }) => vMax)) : [];
  onPass(passes);
  const norms = groups.flatMap((group) => squaredNorms(group, weights));
  const neurons = extremes.map(({ lambdaMin, vMin, lambdaMax, vMax }, i): NeuronDirection => {
    const heldOutMax = greatest[i];
    return {
      lambdaMin,
      vMin: Float32Array.from(vMin),
      lambdaMax,
      vMax: Float32Array.from(vMax),
      heldOut: least[i] ?? { index: Number.NaN },
      ...(heldOutMax ? { heldOutMax } : {}),
      squaredNorm: norms[i] ?? Number.NaN,
    };
  });
  return byGroup(groups, neurons);
}

/** |theta|^2 of every neuron of a group; its writers' arrays hold the neurons along their last axis. */
export function squaredNorms(
  { theta, group }: SplittingGroup,
  weights: Weights,
): readonly number[] {
  const norms = new Float64Array(group.width);
  for (const name of theta.flatMap(thetaArrays))
    for (const [i, entry] of (weights.get(name) ?? []).entries()) {
      const neuron = i % group.width;
      norms[neuron] = (norms[neuron] ?? 0) + entry * entry;
    }
  return [...norms];
}

function byGroup<T>(
  groups: readonly SplittingGroup[],
  neurons: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  let next = 0;
  return new Map(
    groups.map(({ group }) => {
      const own = neurons.slice(next, next + group.width);
      next += group.width;
      return [group.name, own];
    }),
  );
}
