import { unknownName } from "../src/errors.ts";
import type { Annealing } from "../src/training/schedule.ts";

/** How long and how hard to train and how fast to grow. */
export interface Recipe {
  readonly name: string;
  readonly batch: number;
  /** Peak of each phase. */
  readonly learningRate: number;
  readonly weightDecay: number;
  /** How the rate falls in phases that end with it low; a cosine when absent. */
  readonly schedule?: Annealing;
  /** Share of a label's weight that training gives to all classes alike; 0 when absent. */
  readonly labelSmoothing?: number;
  /** Nesterov momentum when absent. */
  readonly optimizer?: "sgd" | "kfac";
  /** Examples of one epoch, drawn anew each time; the whole training split when absent. */
  readonly epochExamples?: number;
  readonly seedEpochs: number;
  /** Of each of a round's candidates, the rate falling to 0, before they are compared. */
  readonly lookaheadEpochs: number;
  /** Of the candidate kept, at the peak rate. */
  readonly roundEpochs: number;
  /** Networks of the whole budget tried from scratch, in rounds that learn from those before. */
  readonly trials: number;
  /** Of each of them, the rate falling to 0. */
  readonly trialEpochs: number;
  /** Of the networks in question, from scratch, before one is chosen. */
  readonly finalistEpochs: number;
  /** From scratch, of the network to be delivered; the rate falls to 0. */
  readonly finalEpochs: number;
  /** Of a supernet, all stages together; as many as `finalEpochs` when absent. */
  readonly supernetEpochs?: number;
  /** Paths that an evolution judges at most; as `trials` and `rounds` say when absent. */
  readonly judgedPaths?: number;
  /** How hurricane chooses the operators that it searches among; absent fields as it says itself. */
  readonly operatorScore?: OperatorScore;
  /** Of the weights that the search grew, beside the training from scratch. */
  readonly inheritedEpochs: number;
  /** A round may raise every budgeted cost, beyond the call's own, to this multiple of the present one. */
  readonly growth: number;
  /** At most this many growth rounds. */
  readonly rounds: number;
  /** Passes that directions are found in: Lanczos steps (10 find both ends to 0.02 %), or epochs of Rayleigh descent. */
  readonly directionPasses: number;
  /** Training examples that directions are found on, and held-out ones that gains are judged on. */
  readonly directionExamples: number;
  readonly heldOutExamples: number;
  /** Step sizes tried, relative to each neuron's norm; the best by held-out loss is taken. */
  readonly epsilons: readonly number[];
}

/** HURRICANE's weighing of capacity against cost, which is not published: parameters of ours. */
export interface OperatorScore {
  /** Operators of every block. */
  readonly perBlock?: number;
  /** Share of MACs in the capacity; the rest is parameters. */
  readonly macsShare?: number;
  readonly capacityExponent?: number;
  readonly costExponent?: number;
}

const epsilons = [0.02, 0.05, 0.1, 0.2, 0.3];

export const recipes = {
  /** Seconds: shows that every part works. */
  trial: {
    name: "trial",
    batch: 64,
    learningRate: 0.1,
    weightDecay: 1e-4,
    epochExamples: 1024,
    seedEpochs: 1,
    lookaheadEpochs: 1,
    roundEpochs: 1,
    trials: 1,
    trialEpochs: 1,
    finalistEpochs: 1,
    finalEpochs: 1,
    inheritedEpochs: 1,
    growth: 4,
    rounds: 1,
    directionPasses: 1,
    directionExamples: 256,
    heldOutExamples: 256,
    epsilons: [0.1],
  },
  /** Minutes on two cores. */
  quick: {
    name: "quick",
    batch: 64,
    learningRate: 0.1,
    weightDecay: 1e-4,
    epochExamples: 16384,
    seedEpochs: 1,
    lookaheadEpochs: 1,
    roundEpochs: 1,
    trials: 8,
    trialEpochs: 1,
    finalistEpochs: 2,
    finalEpochs: 8,
    inheritedEpochs: 4,
    growth: 1.5,
    rounds: 3,
    directionPasses: 5,
    directionExamples: 2048,
    heldOutExamples: 2048,
    epsilons,
  },
  /** An hour or so for MNIST-sized data. */
  standard: {
    name: "standard",
    batch: 64,
    learningRate: 0.1,
    weightDecay: 1e-4,
    seedEpochs: 4,
    lookaheadEpochs: 1,
    roundEpochs: 2,
    trials: 16,
    trialEpochs: 4,
    finalistEpochs: 8,
    finalEpochs: 40,
    inheritedEpochs: 10,
    growth: 1.3,
    rounds: 6,
    directionPasses: 10,
    directionExamples: 4096,
    heldOutExamples: 4096,
    epsilons,
  },
  /** Epochs and growth of the papers' CIFAR experiments (Wang et al. 2019; 7 rounds of 160 epochs). */
  paper: {
    name: "paper",
    batch: 128,
    learningRate: 0.1,
    weightDecay: 1e-4,
    seedEpochs: 160,
    lookaheadEpochs: 10,
    roundEpochs: 20,
    trials: 24,
    trialEpochs: 20,
    finalistEpochs: 40,
    finalEpochs: 160,
    inheritedEpochs: 160,
    growth: 1.3,
    rounds: 30,
    directionPasses: 10,
    directionExamples: 45000,
    heldOutExamples: 5000,
    epsilons,
  },
} as const satisfies Record<string, Recipe>;

/** Generations of twice the trials, twice the rounds of them and 20 at most (Guo et al. 2020, section 3.4: 20 generations of 50). */
export const judgedPaths = ({ judgedPaths: given, trials, rounds }: Recipe): number =>
  given ?? 2 * trials * Math.min(20, 2 * rounds);

export function findRecipe(name: string): Recipe {
  const found = Object.entries(recipes).find(([known]) => known === name);
  if (!found) throw unknownName("recipe", name, Object.keys(recipes));
  return found[1];
}
