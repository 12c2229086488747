import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CliResult, cli } from "./cli.ts";

/** Runs `train` and stops it, as Ctrl-C does, once its folder holds a state to go on from. */
export const stoppedTraining = (args: readonly string[], out: string): Promise<CliResult> =>
  stoppedAt(join(out, "training.state"), args);

/** The same of `search`. */
export const stoppedSearch = (args: readonly string[], out: string): Promise<CliResult> =>
  stoppedAt(join(out, "search.state"), args);

async function stoppedAt(state: string, args: readonly string[]): Promise<CliResult> {
  const stop = new AbortController();
  const watch = setInterval(() => {
    if (existsSync(state)) stop.abort();
  }, 1);
  try {
    return await cli(args, { signal: stop.signal });
  } finally {
    clearInterval(watch);
  }
}
