import type { Split } from "../../src/datasets/index.ts";
import type { OperatorSpace } from "../../src/network/blocks/operator-space.ts";
import type { Weights } from "../../src/network/parameters.ts";
import { seededRandom } from "../../src/random.ts";
import type { Engine } from "../../src/tensor/index.ts";
import type { EpochOptions, Evaluation } from "../../src/training/passes.ts";
import { PathTrainer } from "../../src/training/paths/path-trainer.ts";
import type { TrainingState } from "../../src/training/training-state.ts";
import type { Recipe } from "../recipe.ts";
import { draw, type PhaseTrainer, type SearchData, searchOptimizer } from "../training-phase.ts";
import { type Choices, columnPaths, drawPath } from "./choices.ts";

/** Paths to be trained together. */
export interface Supernet {
  readonly space: OperatorSpace;
  readonly choices: Choices;
}

interface SupernetOptions {
  readonly engine: Engine;
  readonly data: SearchData;
  readonly recipe: Recipe;
}

/** Trains a supernet where a phase trains a network. */
export class SupernetTrainer implements PhaseTrainer {
  readonly #paths: PathTrainer;
  readonly #choices: Choices;
  readonly #calibrating: { readonly split: Split; readonly batch: number };

  constructor({ space, choices }: Supernet, { engine, data, recipe }: SupernetOptions) {
    const { labelSmoothing = 0, batch, directionExamples } = recipe;
    this.#paths = new PathTrainer(engine, space, searchOptimizer(recipe), {
      labelSmoothing,
      choices: choices.map((names) => names.length),
    });
    this.#choices = choices;
    const split = draw(data.train, directionExamples, seededRandom(0));
    this.#calibrating = { split, batch };
  }

  epoch(state: TrainingState, options: EpochOptions) {
    // A stream of its own: the examples come in the same order whatever the paths.
    const random = seededRandom(options.random.state() ^ pathStream);
    return this.#paths.epoch(state, {
      ...options,
      drawPath: () => drawPath(this.#choices, random),
    });
  }

  /** Of the path of first choices, by the moments that it has itself. */
  async evaluate(weights: Weights, split: Split): Promise<Evaluation> {
    const [path = []] = columnPaths(this.#choices);
    const own = await this.#paths.calibrated(weights, path, this.#calibrating);
    return this.#paths.evaluate(own, path, split);
  }

  release(): Promise<void> {
    return this.#paths.release();
  }
}

const pathStream = 0x5bd1e995;
