import type { OnProgress } from "../../progress.ts";

/** Where a use case tells what it is doing; answers are returned, never told here. */
interface News {
  note(text: string): void;
  warn(text: string): void;
  readonly progress: OnProgress;
}

/** What every use case receives beside its own arguments, from whichever door it was asked for. */
export interface WorkContext {
  readonly terminal: News;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C: stop after the step in hand. */
  readonly signal: AbortSignal;
  /** The tool's own version, stored with results. */
  readonly version: string;
  /** Words typed after `wattsplit`, for the report. */
  readonly args: readonly string[];
}
