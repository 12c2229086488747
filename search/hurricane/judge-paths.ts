import type { OperatorSpace, Path } from "../../src/network/blocks/operator-space.ts";
import type { Weights } from "../../src/network/parameters.ts";
import type { Random } from "../../src/random.ts";
import type { Evaluation } from "../../src/training/passes.ts";
import { PathTrainer } from "../../src/training/paths/path-trainer.ts";
import type { SearchContext } from "../method.ts";
import { draw, searchOptimizer } from "../training-phase.ts";

export type JudgeContext = Pick<SearchContext, "data" | "recipe">;

/** Training examples that moving moments are estimated on, and held-out ones that a path is judged on. */
export function judgedExamples({ recipe, data }: JudgeContext): {
  readonly calibrating: number;
  readonly judging: number;
} {
  return {
    calibrating: Math.min(recipe.directionExamples, data.train.count),
    judging: Math.min(recipe.heldOutExamples, data.validation.count),
  };
}

export interface SharedWeights {
  readonly space: OperatorSpace;
  readonly weights: Weights;
  readonly context: JudgeContext & Pick<SearchContext, "engine">;
  /** Draws the examples. */
  readonly random: Random;
}

/** Scores of several paths, in their order. */
export async function judgePaths(
  paths: readonly Path[],
  { space, weights, context, random }: SharedWeights,
): Promise<readonly Evaluation[]> {
  const trainer = new PathTrainer(context.engine, space, searchOptimizer(context.recipe));
  const judge = pathJudge(trainer, weights, context, random);
  const scores: Evaluation[] = [];
  try {
    for (const path of paths) scores.push(await judge(path));
    return scores;
  } finally {
    await trainer.release();
  }
}

/** Judges paths on shared weights: all on the same held-out examples, their moments estimated on the same training ones. */
export function pathJudge(
  trainer: PathTrainer,
  weights: Weights,
  { data, recipe }: JudgeContext,
  random: Random,
): (path: Path) => Promise<Evaluation> {
  const { calibrating, judging } = judgedExamples({ data, recipe });
  const split = draw(data.train, calibrating, random);
  const heldOut = draw(data.validation, judging, random);
  return async (path) => {
    const own = await trainer.calibrated(weights, path, { split, batch: recipe.batch });
    return trainer.evaluate(own, path, heldOut);
  };
}
