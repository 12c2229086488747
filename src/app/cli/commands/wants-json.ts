import type { Command } from "commander";

/** `devices` has the flag too, and takes it where it stands behind one of its commands. */
export const wantsJson = (command: Command): boolean =>
  command.optsWithGlobals<{ json?: boolean }>().json === true;
