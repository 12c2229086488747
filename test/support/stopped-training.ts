import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CliResult, cli } from "./cli.ts";

/** Runs `train` and stops it, as Ctrl-C does, once its folder holds a state to go on from. */
export async function stoppedTraining(args: readonly string[], out: string): Promise<CliResult> {
  const stop = new AbortController();
  const watch = setInterval(() => {
    if (existsSync(join(out, "training.state"))) stop.abort();
  }, 1);
  try {
    return await cli(args, { signal: stop.signal });
  } finally {
    clearInterval(watch);
  }
}
