import type { Network } from "../../src/network/network.ts";
import { Trainer, type TrainingState } from "../../src/training/trainer.ts";
import type { SplitRecord } from "../history.ts";
import type { SearchContext } from "../method.ts";
import { draw, phaseRandom, searchOptimizer } from "../training-phase.ts";
import { applySplit, type BinarySplit } from "./apply-split.ts";
import { carryTraining } from "./carry-training.ts";
import type { Directions } from "./find-directions.ts";
import { scaleFreeGain } from "./split-options.ts";

export interface SplitRequest {
  readonly network: Network;
  readonly training: TrainingState;
  readonly directions: Directions;
  /** Neurons to split by group, each once. */
  readonly neurons: ReadonlyMap<string, readonly number[]>;
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
  const { network, training, round, neurons, gain, gainBound } = request;
  const heldOut = draw(data.validation, recipe.heldOutExamples, phaseRandom(seed, round, -2));
  const at = (epsilon: number) =>
    applySplit(network, training.weights, binarySplits(request, epsilon));
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
        added: Object.fromEntries([...neurons].map(([group, { length }]) => [group, length])),
        epsilon,
        lossBefore,
        predictedChange: (-(epsilon ** 2) / 2) * summedGain(request),
        realisedChange: loss - lossBefore,
        gain,
        gainBound,
      },
    };
  } finally {
    await trainer.release();
  }
}

const summedGain = (request: SplitRequest): number =>
  chosenDirections(request).reduce((sum, { direction }) => sum + scaleFreeGain(direction), 0);

function chosenDirections({ directions, neurons }: SplitRequest) {
  return [...neurons].flatMap(([group, chosen]) =>
    chosen.flatMap((neuron) => {
      const direction = directions.get(group)?.[neuron];
      return direction ? [{ group, neuron, direction }] : [];
    }),
  );
}

function binarySplits(
  request: SplitRequest,
  epsilon: number,
): ReadonlyMap<string, readonly BinarySplit[]> {
  const splits = new Map<string, BinarySplit[]>();
  for (const { group, neuron, direction } of chosenDirections(request)) {
    const ofGroup = splits.get(group) ?? [];
    const { vMin, squaredNorm } = direction;
    ofGroup.push({ neuron, direction: vMin, epsilon: epsilon * Math.sqrt(squaredNorm) });
    splits.set(group, ofGroup);
  }
  return splits;
}
