import type { Terminal } from "./terminal.ts";

/** What every command receives beside its flags. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C: stop after the step in hand. */
  readonly signal: AbortSignal;
  /** The tool's own version, stored with results. */
  readonly version: string;
  /** Words typed after `wattsplit`, for the report. */
  readonly args: readonly string[];
}
