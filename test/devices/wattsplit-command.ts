import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The command line of this checkout, from any folder. */
export const wattsplitCommand: readonly string[] = [
  process.execPath,
  "--import",
  pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href,
  join(import.meta.dirname, "../../src/app/cli/main.ts"),
];
