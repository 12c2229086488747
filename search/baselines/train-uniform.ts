import type { Network } from "../../src/network/network.ts";
import type { Weights } from "../../src/network/parameters.ts";
import type { Score } from "../../src/training/passes.ts";
import { Trainer } from "../../src/training/trainer.ts";
import { freshState, type TrainingState } from "../../src/training/training-state.ts";
import { type PhaseOptions, searchOptimizer, trainPhase } from "../training-phase.ts";

export interface TrainedNetwork {
  readonly network: Network;
  readonly weights: Weights;
  readonly validation: Score;
  readonly test: Score;
}

/** Trains a network that no search touched on one cosine, with the optimiser of the searches, to compare with. */
export async function trainUniform(
  network: Network,
  options: Omit<PhaseOptions, "phase"> & { readonly weights: Weights },
): Promise<TrainedNetwork> {
  const optimizer = searchOptimizer(options.recipe);
  const state: TrainingState = freshState(network, options.weights, optimizer);
  const start = { state, epoch: 0, trainingLoss: Number.NaN };
  const trained = await trainPhase(network, start, { ...options, phase: 0 });
  const { weights } = trained.state;
  const trainer = new Trainer(options.engine, network, optimizer);
  try {
    const test = await trainer.evaluate(weights, options.data.test);
    return { network, weights, validation: trained.validation, test };
  } finally {
    await trainer.release();
  }
}
