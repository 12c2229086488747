import type { Recipe, Trial } from "../../../search/index.ts";
import type { TextLengths } from "../../datasets/index.ts";
import type { RecurrentCell } from "../../network/cells/recurrent-cell.ts";
import type { Shape } from "../../network/layer.ts";
import type { BackendName } from "../../tensor/index.ts";
import type { LanguageRun } from "../../training/language/language-trainer.ts";
import type { Failure } from "./failure.ts";

/** Networks are trained on a data set. */
export interface ImageWork {
  readonly kind: "images";
  /** As `--data` names it. */
  readonly data: string;
  readonly input: Shape;
  /** Draws the held-out examples. */
  readonly dataSeed: number;
}

/** Recurrent cells are trained on a text. */
export interface TextWork {
  readonly kind: "text";
  readonly path: string;
  /** Words told apart. */
  readonly words: number;
  /** Of the text's beginning; all when absent. */
  readonly lengths?: TextLengths | undefined;
}

/** What a worker process trains on; it loads that once, when its first job comes. */
export type WorkerSetting = (ImageWork | TextWork) & {
  readonly backend: BackendName | "auto";
  readonly threads: number;
};

/** A network of a search on images. */
export interface TrialJob {
  readonly trial: Trial;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly round: number;
}

/** A recurrent cell of a search on a text. */
export interface CellJob {
  readonly cell: RecurrentCell;
  readonly hiddenSize: number;
  readonly run: LanguageRun;
}

export type Job = TrialJob | CellJob;

/** To a worker: the setting first, then one job after another. */
export type Request = { readonly setting: WorkerSetting } | { readonly job: Job };

/** How far a trial is: as it stands after an epoch, or epochs done, fractions included. */
export type News = { readonly trial: Trial } | { readonly epochsDone: number };

/** From a worker: news of its job, then the answer or why there is none. */
export type Reply =
  | { readonly news: News }
  | { readonly answer: unknown }
  | { readonly failure: Failure };
