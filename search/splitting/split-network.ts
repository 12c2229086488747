import type { Network } from "../../src/network/network.ts";
import { Trainer } from "../../src/training/trainer.ts";
import { freshState, type TrainingState } from "../../src/training/training-state.ts";
import type { SplitRecord } from "../history.ts";
import type { SearchContext } from "../method.ts";
import type { Recipe } from "../recipe.ts";
import { draw, phaseRandom, searchOptimizer } from "../training-phase.ts";
import type { ChangedNetwork, ChangeOptions } from "./apply-channels.ts";
import { applyCopies, type NeuronSplit } from "./apply-split.ts";
import { carryTraining } from "./carry-training.ts";
import type { NeuronDirection } from "./directions.ts";
import type { Directions } from "./find-directions.ts";
import type { ChosenSplit, ChosenSplits } from "./split-options.ts";
import { copiesOf, quadraticForm, splitTypes } from "./split-types.ts";

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

/** How splits are made. */
export interface SplitManner extends ChangeOptions {
  /** Step sizes to choose from; the recipe's when absent. */
  readonly steps?: readonly number[];
  /** Steps are lengths of the displacement, not shares of |theta|. */
  readonly isAbsolute?: boolean;
  /** The optimiser starts afresh. */
  readonly dropsMomentum?: boolean;
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
  manner: SplitManner = {},
): Promise<SplitNetwork> {
  const { network, training, round, splits, gain, gainBound } = request;
  const heldOut = draw(data.validation, recipe.heldOutExamples, phaseRandom(seed, round, -2));
  const at = (epsilon: number) =>
    applyCopies(network, training.weights, copiesAt(request, epsilon, manner), manner);
  const unmoved = at(0);
  const trainer = new Trainer(engine, unmoved.network, searchOptimizer(recipe));
  const lossOf = async (epsilon: number) =>
    (await trainer.evaluate(at(epsilon).weights, heldOut)).loss;
  try {
    const lossBefore = await lossOf(0);
    const tried = [];
    for (const epsilon of manner.steps ?? recipe.epsilons)
      tried.push({ epsilon, loss: await lossOf(epsilon) });
    const best = tried.reduce((least, next) => (next.loss < least.loss ? next : least));
    const least = tried.reduce((small, next) => (next.epsilon < small.epsilon ? next : small));
    const { epsilon, loss } = best.loss < lossBefore ? best : least;
    return {
      network: unmoved.network,
      training: manner.dropsMomentum
        ? afresh(at(epsilon), training, recipe)
        : carryTraining(at(epsilon), training, recipe),
      record: {
        added: Object.fromEntries([...splits].map(([group, chosen]) => [group, added(chosen)])),
        epsilon,
        lossBefore,
        predictedChange: predictedChange(request, epsilon, manner),
        realisedChange: loss - lossBefore,
        gain,
        gainBound,
      },
    };
  } finally {
    await trainer.release();
  }
}

const afresh = (
  { network, weights }: ChangedNetwork,
  { steps }: TrainingState,
  recipe: Recipe,
): TrainingState => ({ ...freshState(network, weights, searchOptimizer(recipe)), steps });

const added = (chosen: readonly ChosenSplit[]): number =>
  chosen.reduce((sum, { type }) => sum + splitTypes[type] - 1, 0);

/** What the loss changes by to second order: half the square of each displacement times Q on held-out data; by nothing where neurons are new. */
function predictedChange(request: SplitRequest, epsilon: number, manner: SplitManner): number {
  const changes = directed(request).flatMap(([, chosen]) =>
    chosen.map(({ type, c, direction }) => {
      const { heldOut, heldOutMax, newcomer } = direction;
      if (newcomer) return 0;
      const ends = { least: heldOut.index, greatest: heldOutMax?.index ?? 0 };
      return (displacement(direction, epsilon, manner) ** 2 / 2) * quadraticForm(type, ends, c);
    }),
  );
  return changes.reduce((sum, change) => sum + change, 0);
}

/** Length of the displacement. The step is relative to |theta|, so that the filter's scale has no part. */
const displacement = (
  { squaredNorm }: NeuronDirection,
  epsilon: number,
  { isAbsolute = false }: SplitManner,
): number => (isAbsolute ? epsilon : epsilon * Math.sqrt(squaredNorm));

interface DirectedSplit extends ChosenSplit {
  readonly direction: NeuronDirection;
}

/** The splits with their neurons' directions, by group. */
const directed = ({
  directions,
  splits,
}: SplitRequest): readonly (readonly [string, readonly DirectedSplit[]])[] =>
  [...splits].map(([group, chosen]) => [
    group,
    chosen.map((split) => {
      const direction = directions.get(group)?.[split.neuron];
      if (!direction) throw new Error(`Neuron ${split.neuron} of "${group}" has no direction`);
      return { ...split, direction };
    }),
  ]);

const copiesAt = (
  request: SplitRequest,
  epsilon: number,
  manner: SplitManner,
): ReadonlyMap<string, readonly NeuronSplit[]> =>
  new Map(
    directed(request).map(([group, chosen]) => [
      group,
      chosen.map((split) => neuronSplit(split, displacement(split.direction, epsilon, manner))),
    ]),
  );

function neuronSplit({ neuron, type, c, direction }: DirectedSplit, length: number): NeuronSplit {
  const { newcomer } = direction;
  if (newcomer)
    return {
      neuron,
      copies: [
        { weight: 1, displacement: newcomer.map(() => 0) },
        { weight: 0, displacement: newcomer },
      ],
    };
  const copies = copiesOf(type, { least: direction.vMin, greatest: direction.vMax }, c);
  return {
    neuron,
    copies: copies.map(({ weight, displacement }) => ({
      weight,
      displacement: Float32Array.from(displacement, (entry) => length * entry),
    })),
  };
}
