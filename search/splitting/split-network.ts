import type { Network } from "../../src/network/network.ts";
import { Trainer, type TrainingState } from "../../src/training/trainer.ts";
import type { SplitRecord } from "../history.ts";
import type { SearchContext } from "../method.ts";
import { draw, phaseRandom, searchOptimizer } from "../training-phase.ts";
import { applyCopies, type NeuronSplit } from "./apply-split.ts";
import { carryTraining } from "./carry-training.ts";
import type { NeuronDirection } from "./directions.ts";
import type { Directions } from "./find-directions.ts";
import type { ChosenSplit, ChosenSplits } from "./split-options.ts";
import { copiesOf, splitTypes } from "./split-types.ts";

export interface SplitRequest {
  readonly network: Network;
  readonly training: TrainingState;
  readonly directions: Directions;
  readonly splits: ChosenSplits;
  /** Of the selection that chose them. */
  readonly gain: number;
  readonly gainBound: number;
  /** Rounds finished: chance is drawn for it. */
  readonly round: number;
}

export interface SplitNetwork {
  readonly network: Network;
  readonly training: TrainingState;
  readonly record: SplitRecord;
}

/**
 * Splits at every step size of the recipe and keeps the one of least held-out loss. Where all of them raise the loss, the
 * least step is kept, since copies at step 0 stay the same for ever, and the record says by how much the loss rose. The
 * optimiser's momentum goes on with the copies.
 */
export async function splitNetwork(
  request: SplitRequest,
  { engine, data, recipe, seed }: SearchContext,
): Promise<SplitNetwork> {
  const { network, training, round, splits, gain, gainBound } = request;
  const heldOut = draw(data.validation, recipe.heldOutExamples, phaseRandom(seed, round, -2));
  const at = (epsilon: number) =>
    applyCopies(network, training.weights, copiesAt(request, epsilon));
  const unmoved = at(0);
  const trainer = new Trainer(engine, unmoved.network, searchOptimizer(recipe));
  const lossOf = async (epsilon: number) =>
    (await trainer.evaluate(at(epsilon).weights, heldOut)).loss;
  try {
    const lossBefore = await lossOf(0);
    const tried = [];
    for (const epsilon of recipe.epsilons) tried.push({ epsilon, loss: await lossOf(epsilon) });
    const best = tried.reduce((least, next) => (next.loss < least.loss ? next : least));
    const least = tried.reduce((small, next) => (next.epsilon < small.epsilon ? next : small));
    const { epsilon, loss } = best.loss < lossBefore ? best : least;
    return {
      network: unmoved.network,
      training: carryTraining(at(epsilon), training, recipe),
      record: {
        added: Object.fromEntries([...splits].map(([group, chosen]) => [group, added(chosen)])),
        epsilon,
        lossBefore,
        predictedChange: (-(epsilon ** 2) / 2) * summedGain(splits),
        realisedChange: loss - lossBefore,
        gain,
        gainBound,
      },
    };
  } finally {
    await trainer.release();
  }
}

const added = (chosen: readonly ChosenSplit[]): number =>
  chosen.reduce((sum, { type }) => sum + splitTypes[type] - 1, 0);

const summedGain = (splits: ChosenSplits): number =>
  [...splits.values()].flat().reduce((sum, { gain }) => sum + gain, 0);

function copiesAt(
  { directions, splits }: SplitRequest,
  epsilon: number,
): ReadonlyMap<string, readonly NeuronSplit[]> {
  return new Map(
    [...splits].map(([group, chosen]) => [
      group,
      chosen.map((split) => {
        const direction = directions.get(group)?.[split.neuron];
        if (!direction) throw new Error(`Neuron ${split.neuron} of "${group}" has no direction`);
        return neuronSplit(split, direction, epsilon);
      }),
    ]),
  );
}

/** The step is relative to |theta|, so that the filter's scale has no part. */
function neuronSplit(
  { neuron, type }: ChosenSplit,
  { vMin, vMax, squaredNorm }: NeuronDirection,
  epsilon: number,
): NeuronSplit {
  const length = epsilon * Math.sqrt(squaredNorm);
  const copies = copiesOf(type, { least: vMin, greatest: vMax });
  return {
    neuron,
    copies: copies.map(({ weight, displacement }) => ({
      weight,
      displacement: Float32Array.from(displacement, (entry) => length * entry),
    })),
  };
}
