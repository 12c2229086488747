import { built } from "./built.ts";

/** The command line as it is installed, from any folder. */
export const wattsplitCommand: readonly [string, string] = [
  process.execPath,
  built("src/app/cli/main.ts"),
];
