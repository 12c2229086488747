#!/usr/bin/env node
import { exitCodes } from "../../errors.ts";
import { runCli } from "./run-cli.ts";

const stop = new AbortController();
process.on("SIGINT", () => {
  // A second Ctrl-C quits at once; the table is safe at any moment.
  if (stop.signal.aborted) process.exit(exitCodes.interrupted);
  process.stderr.write("\nStopping after the step in hand; Ctrl-C again quits now.\n");
  stop.abort();
});
process.on("SIGTERM", () => stop.abort());

// Whoever read a pipe may have seen enough: what is left is not written, and the work ends as it would have.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: stop.signal,
});
