import type { Finished } from "./finished.ts";
import type { Laboratory } from "./laboratory.ts";

export const sizes = ["quick", "full"] as const;
/** Quick fits into 30 minutes on two cores; full may take hours, in as many sittings as wanted. */
export type Size = (typeof sizes)[number];

/** An experiment is the tasks it needs and the page that their results make. */
export interface Experiment {
  /** One line for the list of experiments. */
  readonly summary: string;
  /** What is to be done, in order, as far as the documents finished so far tell. Depends on nothing else. */
  tasks(finished: Finished, size: Size): Outlook;
  /** The page of the documents finished so far, under docs/experiments. Depends on nothing else. */
  page(finished: Finished, size: Size): Page;
}

export interface Outlook {
  readonly tasks: readonly Task[];
  /** Of tasks that only later results will name; 0 when all are known. */
  readonly later: Later;
}

export interface Later {
  readonly tasks: number;
  readonly estimated_s: number;
}

export const nothingLater: Later = { tasks: 0, estimated_s: 0 };

/** A piece of work that leaves one document: a table, measurements taken together, a training, a search. */
export interface Task {
  /** Names its document; unique in the experiment. */
  readonly key: string;
  readonly label: string;
  /** Measurements want the machine for themselves; training runs beside anything. */
  readonly kind: TaskKind;
  readonly estimated_s: number;
  /** What goes into the document: plain JSON. May go on from what a killed run left in the laboratory's folder. */
  run(laboratory: Laboratory): Promise<unknown>;
}

export const taskKinds = ["measure", "train"] as const;
export type TaskKind = (typeof taskKinds)[number];

export interface Page {
  readonly title: string;
  /** What was asked, in a sentence or two. */
  readonly question: string;
  /** The answer as far as it goes; nothing is called found that the documents do not show. */
  readonly answer: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly heading: string;
  /** Markdown: paragraphs and tables. */
  readonly body: readonly string[];
  /** SVG that stands alone, shown under the heading. */
  readonly figure?: Drawing;
}

export interface Drawing {
  /** Names the file. */
  readonly name: string;
  readonly description: string;
  readonly svg: string;
}
