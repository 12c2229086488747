import type { Command } from "commander";
import type { GraphSplit } from "../../../datasets/index.ts";
import { UserError } from "../../../errors.ts";
import type { KfacOptions } from "../../../training/kfac/kfac.ts";
import type { Annealing } from "../../../training/schedule.ts";
import type { GraphOptimizerName, GraphTrainingDocument } from "../../workflows/train-graph.ts";
import type { OptimizerName, TrainingDocument } from "../../workflows/train-run.ts";
import type { TextTrainingDocument } from "../../workflows/train-text.ts";
import type { TrainerFlags } from "../trainers.ts";

export interface TrainFlags extends Omit<TrainerFlags, "workers"> {
  readonly net: string;
  readonly data: string;
  readonly out: string;
  readonly multiplier?: number;
  readonly optimizer: OptimizerName | GraphOptimizerName;
  readonly epochs?: number;
  readonly batch?: number;
  readonly recipe: string;
  readonly hidden?: number;
  readonly split?: GraphSplit;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly schedule?: Annealing;
  readonly labelSmoothing?: number;
  readonly damping?: number;
  readonly curvatureEvery?: number;
  readonly scaling?: KfacOptions["scaling"];
  readonly head?: KfacOptions["head"];
  readonly pseudoLabels?: number;
  readonly resume?: boolean;
  readonly seed: number;
  readonly json?: boolean;
}

/** What a training printed: its document, and a sentence without its stop. */
export interface TrainAnswer {
  readonly document: TrainingDocument | GraphTrainingDocument | TextTrainingDocument;
  readonly result: string;
}

/** A kind of training, and the flags that mean nothing to it. */
export interface TrainingKind {
  readonly words: string;
  readonly refused: readonly (keyof TrainFlags)[];
  readonly hint: string;
}

/** Throws a UserError where a flag was given that means nothing to a kind of training. */
export function refuseFlags(command: Command, { words, refused, hint }: TrainingKind): void {
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return refused.some((flag) => flag === name) && command.getOptionValueSource(name) === "cli";
  });
  if (given)
    throw new UserError(`${given.long} does not go with ${words}`, { hint, exit: "usage" });
}
