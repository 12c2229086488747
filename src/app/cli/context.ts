import type { WorkContext } from "../workflows/work-context.ts";
import type { Terminal } from "./terminal.ts";

/** What every command receives beside its flags: a use case's surroundings, and where answers are printed. */
export interface CommandContext extends WorkContext {
  readonly terminal: Terminal;
}
