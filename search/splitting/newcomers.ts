import { EigenvalueDecomposition, Matrix, QrDecomposition } from "ml-matrix";
import type { Batch } from "../../src/datasets/index.ts";
import type { Network } from "../../src/network/network.ts";
import { batchNormEpsilon, type Weights } from "../../src/network/parameters.ts";
import type { Random } from "../../src/random.ts";
import type { Engine } from "../../src/tensor/index.ts";
import { sgd } from "../../src/training/optimizers.ts";
import { batchValues, stateValues } from "../../src/training/training-state.ts";
import { type BatchSource, type IndexEstimate, meanWithError } from "./data-passes.ts";
import { type NeuronDirection, squaredNorms } from "./directions.ts";
import { type SplittingGroup, splittableGroups, thetaArrays } from "./groups.ts";
import { newcomerStep, type OpenGroup, openGroups, slopesName } from "./newcomer-step.ts";

export interface NewcomerRequest {
  readonly network: Network;
  readonly weights: Weights;
  /** Examples per batch. */
  readonly batch: number;
  readonly finding: BatchSource;
  readonly heldOut: BatchSource;
  readonly random: Random;
}

/**
 * New neurons for groups that no split helps, since nothing but linear maps follows them: as many as a group has neurons, their
 * filters the right singular vectors of M of greatest singular values, their outgoing weights 0, so that the function stays and
 * the first step gains most (GradMax, Evci and others 2022, arXiv 2201.05125, section 3.2). Judged on held-out data, in the unit
 * of splits: what outgoing weights of a `step` of the usual length lower the loss by to first order, over half the step's square.
 */
export async function findNewcomers(
  engine: Engine,
  { network, weights, batch, finding, heldOut, random }: NewcomerRequest,
): Promise<ReadonlyMap<string, readonly NeuronDirection[]>> {
  const open = openGroups(network, splittableGroups(network));
  if (open.length === 0) return new Map();
  const { fn, inputs, state } = newcomerStep(network, open, { batch });
  const program = await engine.compile(`${network.name}-newcomers-${batch}`, fn, inputs, { state });
  const arranged = program.arrange(
    stateValues(network, { weights, slots: new Map(), steps: 0 }, sgd()),
  );
  const slopes = async (examples: Batch): Promise<readonly Matrix[]> => {
    const outputs = await program.run({ ...arranged, ...batchValues(network.input, examples) });
    return open.map((one) => {
      const { data } = outputs[slopesName(one.group.group.name)] ?? {};
      if (!(data instanceof Float32Array)) throw new Error("No slopes");
      return Matrix.from1DArray(data.length / one.group.dimension, one.group.dimension, data);
    });
  };
  try {
    const scales = open.map(({ group }) => channelScales(group, weights));
    const means = await meanOf(finding, slopes);
    const found = means.map((mean, i) =>
      leadingPairs(scaled(mean, scales[i] ?? []), open[i]?.group.group.width ?? 0, random),
    );
    const samples = found.map(({ right }) =>
      Array.from({ length: right.columns }, (): number[] => []),
    );
    for await (const examples of heldOut())
      for (const [i, own] of (await slopes(examples)).entries()) {
        const { left, right } = found[i] ?? { left: new Matrix(0, 0), right: new Matrix(0, 0) };
        const images = scaled(own, scales[i] ?? []).mmul(right);
        for (let k = 0; k < right.columns; k++)
          samples[i]?.[k]?.push(inner(left.getColumn(k), images.getColumn(k)));
      }
    return new Map(
      open.map((one, i) => [
        one.group.group.name,
        newcomersOf(one, weights, {
          filters: found[i]?.right ?? new Matrix(0, 0),
          values: (samples[i] ?? []).map(meanWithError),
        }),
      ]),
    );
  } finally {
    await program.release();
  }
}

/** Of the outgoing weights, relative to the neurons' usual ones: the middle of what splits try. */
const step = 0.1;

/** A row per neuron; where there are more neurons than singular vectors, none is offered for the rest. */
function newcomersOf(
  { group, readers }: OpenGroup,
  weights: Weights,
  { filters, values }: { readonly filters: Matrix; readonly values: readonly IndexEstimate[] },
): readonly NeuronDirection[] {
  const norms = squaredNorms(group, weights);
  const usual = usualOutgoing(group, readers, weights);
  return norms.map((squaredNorm, neuron): NeuronDirection => {
    const length = Math.sqrt(squaredNorm);
    const filter = neuron < filters.columns ? filters.getColumn(neuron) : undefined;
    const direction = Float32Array.from(filter ?? new Float64Array(group.dimension));
    const { index: value = 0, standardError = 0 } = (filter && values[neuron]) || {};
    // The gain -index |theta|^2 is 2 usual |theta| value / step.
    const unit = squaredNorm > 0 ? (2 * usual) / (step * length) : 0;
    const index = -unit * Math.max(0, value);
    const theta = thetaOf(group, weights, neuron);
    return {
      lambdaMin: index,
      vMin: direction,
      lambdaMax: 0,
      vMax: direction,
      heldOut: { index, standardError: unit * standardError },
      squaredNorm,
      newcomer: direction.map((entry, k) => length * entry - (theta[k] ?? 0)),
    };
  });
}

/** A neuron's filters and biases, part after part. */
const thetaOf = ({ theta, group }: SplittingGroup, weights: Weights, neuron: number): number[] =>
  theta.flatMap(thetaArrays).flatMap((name) => {
    const array = weights.get(name) ?? new Float32Array();
    return Array.from(
      { length: array.length / group.width },
      (_, k) => array[k * group.width + neuron] ?? 0,
    );
  });

/** Root of the mean squared length of a neuron's outgoing weights in the readers. */
function usualOutgoing(
  { group: { width } }: SplittingGroup,
  readers: OpenGroup["readers"],
  weights: Weights,
): number {
  const squares = readers.reduce(
    (sum, { layer }) =>
      (weights.get(`${layer}/kernel`) ?? new Float32Array()).reduce(
        (own, entry) => own + entry * entry,
        sum,
      ),
    0,
  );
  return Math.sqrt(squares / width);
}

/** What batch norm multiplies the channels of every entry's writer by, in the root of the mean square; 1 without. */
const channelScales = ({ theta }: SplittingGroup, weights: Weights): readonly number[] =>
  theta.flatMap(({ writer, dimension }) => {
    const gamma = weights.get(`${writer}/gamma`);
    const variance = weights.get(`${writer}/moving_variance`);
    if (!gamma || !variance) return new Array<number>(dimension).fill(1);
    const squares = gamma.reduce(
      (sum, factor, i) => sum + factor ** 2 / ((variance[i] ?? 1) + batchNormEpsilon),
      0,
    );
    return new Array<number>(dimension).fill(Math.sqrt(squares / gamma.length));
  });

const scaled = (slopes: Matrix, scales: readonly number[]): Matrix =>
  slopes.clone().mulRowVector([...scales]);

async function meanOf(
  batches: BatchSource,
  slopes: (examples: Batch) => Promise<readonly Matrix[]>,
): Promise<readonly Matrix[]> {
  let sums: readonly Matrix[] = [];
  let passed = 0;
  for await (const examples of batches()) {
    const own = await slopes(examples);
    sums = sums.length === 0 ? own : sums.map((sum, i) => sum.add(own[i] ?? sum));
    passed++;
  }
  return sums.map((sum) => sum.div(passed));
}

/** Unit vectors, a pair in every column, by descending singular value. */
interface Pairs {
  readonly left: Matrix;
  readonly right: Matrix;
}

const iterations = 8;

/** The leading singular vectors by subspace iteration (Golub and Van Loan 2013, section 8.2.4), then exactly within the subspace. */
export function leadingPairs(matrix: Matrix, wanted: number, random: Random): Pairs {
  const count = Math.min(wanted, matrix.rows, matrix.columns);
  const transposed = matrix.transpose();
  let basis = new Matrix(
    Array.from({ length: matrix.columns }, () =>
      Array.from({ length: count }, () => random.normal()),
    ),
  );
  for (let i = 0; i < iterations; i++)
    basis = new QrDecomposition(transposed.mmul(matrix.mmul(basis))).orthogonalMatrix;
  const images = matrix.mmul(basis);
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(
    images.transpose().mmul(images),
    { assumeSymmetric: true },
  );
  const order = [...realEigenvalues.keys()].sort(
    (a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0),
  );
  const turned = eigenvectorMatrix.subMatrixColumn(order);
  const left = images.mmul(turned);
  for (let k = 0; k < count; k++) {
    const length = Math.hypot(...left.getColumn(k));
    if (length > 0) left.mulColumn(k, 1 / length);
  }
  return { left, right: basis.mmul(turned) };
}

const inner = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, entry, i) => sum + entry * (b[i] ?? 0), 0);
