import type { Weights } from "../../src/network/parameters.ts";
import type { Random } from "../../src/random.ts";
import { type BatchSource, estimateIndices, meanProducts } from "./data-passes.ts";
import type { SplittingGroup } from "./groups.ts";
import { lanczosExtremes } from "./lanczos.ts";
import type { SplittingProducts } from "./products.ts";

/** A neuron's splitting index and direction, found on one set of data and judged on another. */
export interface NeuronDirection {
  /** Least eigenvalue of S on the finding data: biased outwards, so not the gain to expect. */
  readonly lambdaMin: number;
  readonly vMin: Float32Array;
  readonly lambdaMax: number;
  readonly vMax: Float32Array;
  /** v'Sv of vMin on the held-out data, free of that bias. */
  readonly heldOutIndex: number;
  /** Of `heldOutIndex`, from its spread over the held-out batches; absent with a single one. */
  readonly standardError?: number;
  /** |theta|^2. An index times it does not depend on the filter's scale under batch norm. */
  readonly squaredNorm: number;
}

export interface DirectionOptions {
  /** Lanczos steps, each one pass over the finding data. */
  readonly steps?: number;
  readonly random: Random;
  readonly onProgress?: (progress: { readonly pass: number; readonly passes: number }) => void;
}

/** Index and direction of every neuron of every splittable group, by group name and in neuron order. */
export async function splittingDirections(
  products: SplittingProducts,
  weights: Weights,
  finding: BatchSource,
  heldOut: BatchSource,
  { steps = 10, random, onProgress }: DirectionOptions,
): Promise<ReadonlyMap<string, readonly NeuronDirection[]>> {
  const { groups } = products;
  const dimensions = groups.flatMap(({ group, dimension }) =>
    new Array<number>(group.width).fill(dimension),
  );
  const passes = Math.min(steps, Math.max(0, ...dimensions)) + 1;
  const extremes = await lanczosExtremes(
    (vectors) => meanProducts(products, weights, finding, vectors),
    dimensions,
    { steps, random, onStep: (pass) => onProgress?.({ pass, passes }) },
  );
  const judged = await estimateIndices(
    products,
    weights,
    heldOut,
    extremes.map(({ vMin }) => vMin),
  );
  onProgress?.({ pass: passes, passes });
  const norms = groups.flatMap((group) => squaredNorms(group, weights));
  const neurons = extremes.map(({ lambdaMin, vMin, lambdaMax, vMax }, i): NeuronDirection => {
    const { index, ...error } = judged[i] ?? { index: Number.NaN };
    return {
      lambdaMin,
      vMin: Float32Array.from(vMin),
      lambdaMax,
      vMax: Float32Array.from(vMax),
      heldOutIndex: index,
      ...error,
      squaredNorm: norms[i] ?? Number.NaN,
    };
  });
  return byGroup(groups, neurons);
}

/** |theta|^2 of every neuron of a group; its writer's arrays hold the neurons along their last axis. */
export function squaredNorms(
  { writer, group, biasInTheta }: SplittingGroup,
  weights: Weights,
): readonly number[] {
  const norms = new Float64Array(group.width);
  for (const role of biasInTheta ? ["kernel", "bias"] : ["kernel"])
    for (const [i, entry] of (weights.get(`${writer}/${role}`) ?? []).entries()) {
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
