import { CholeskyDecomposition, Matrix, solve } from "ml-matrix";
import type { Network } from "../../src/network/network.ts";
import type { Random } from "../../src/random.ts";
import { growingWidths } from "../group-widths.ts";
import { stagesOf } from "../stages.ts";

/** Fall of the held-out loss per octave of every stage's width. */
export type StageWorth = ReadonlyMap<string, number>;

/** A network tried at the full budget, and how it did. */
export interface ShapeTrial {
  readonly network: Network;
  /** Infinity where training diverged. */
  readonly loss: number;
}

export interface StageWorths {
  /** The likeliest. */
  readonly mean: StageWorth;
  /** One drawn by how likely it is (Thompson 1933). */
  draw(random: Random): StageWorth;
}

/** Before anything is known a stage's octave is worth half the standard deviation of the losses, give or take as much again. */
const priorMean = 0.5;
const priorSd = 1;
/** What chance and the law's own error do to a loss, in the same unit. */
const noise = 0.7;
/** Least part of the largest worth: what seems worthless is not closed for good. */
const leastPart = 0.05;

/**
 * What width is worth in every stage, from trials at equal cost: the loss taken as linear in the mean octave of a stage's widths, by
 * Bayes's rule under the prior above. Splitting gains rank neurons within a layer, not stages among each other.
 */
export function stageWorths(trials: readonly ShapeTrial[]): StageWorths {
  const known = trials.filter(({ loss }) => Number.isFinite(loss));
  const [first] = known;
  if (!first) throw new Error("Nothing is known of any stage");
  const stages = [...stagesOf(first.network).keys()];
  const octaves = known.map(({ network }) => stageOctaves(network));
  const losses = known.map(({ loss }) => loss);
  const centre = mean(losses);
  const spread = Math.sqrt(mean(losses.map((loss) => (loss - centre) ** 2)));
  const unit = spread > 0 ? spread : 1;
  const centres = stages.map((_, s) => mean(octaves.map((row) => row[s] ?? 0)));
  // Losses fall where widths grow.
  const x = new Matrix(octaves.map((row) => row.map((octave, s) => (centres[s] ?? 0) - octave)));
  const y = Matrix.columnVector(losses.map((loss) => (loss - centre) / unit));
  const precision = x
    .transpose()
    .mmul(x)
    .div(noise ** 2)
    .add(Matrix.eye(stages.length).div(priorSd ** 2));
  const evidence = x
    .transpose()
    .mmul(y)
    .div(noise ** 2)
    .add(Matrix.ones(stages.length, 1).mul(priorMean / priorSd ** 2));
  const factor = new CholeskyDecomposition(precision);
  const likeliest = factor.solve(evidence).to1DArray();
  const worthOf = (values: readonly number[]): StageWorth => {
    const least = leastPart * Math.max(...values.map(Math.abs));
    return new Map(
      stages.map((stage, s) => [stage, unit * Math.max(least, values[s] ?? 0)] as const),
    );
  };
  return {
    mean: worthOf(likeliest),
    draw: (random) => {
      // With precision L L', L'^-1 z has the covariance wanted.
      const z = Matrix.columnVector(stages.map(() => random.normal()));
      const off = solve(factor.lowerTriangularMatrix.transpose(), z).to1DArray();
      return worthOf(likeliest.map((value, s) => value + (off[s] ?? 0)));
    },
  };
}

/** Mean octave of the widths of every stage, in the order of `stagesOf`. */
function stageOctaves(network: Network): readonly number[] {
  const widths = growingWidths(network);
  return [...stagesOf(network).values()].map((groups) =>
    mean(groups.map((group) => Math.log2(widths.get(group) ?? 1))),
  );
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
