import { CommanderError } from "commander";
import { exitCodes, UserError } from "../errors.ts";
import { buildProgram } from "./program.ts";
import { type Sink, Terminal } from "./terminal.ts";
import { toolVersion } from "./version.ts";

export interface CliSurroundings {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Runs one command line and returns its exit code; nothing here ends the process. */
export async function runCli(
  args: readonly string[],
  surroundings: CliSurroundings,
): Promise<number> {
  const { stdout, stderr, env, signal } = surroundings;
  const terminal = new Terminal({
    stdout,
    stderr,
    quiet: args.includes("--quiet") || args.includes("-q"),
    verbose: args.includes("--verbose") || args.includes("-v"),
    now_s: () => performance.now() / 1000,
  });
  try {
    const program = buildProgram(
      { terminal, env, signal, version: toolVersion(), args },
      surroundings,
    );
    await program.parseAsync([...args], { from: "user" });
    return exitCodes.done;
  } catch (error) {
    return explain(error, terminal, signal);
  }
}

function explain(error: unknown, terminal: Terminal, signal: AbortSignal): number {
  if (error instanceof CommanderError)
    // Help and --version end the parse with code 0; commander has printed every usage error itself.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (signal.aborted && isAbort(error)) {
    terminal.error(
      "Interrupted; everything finished is kept",
      "Run the same command again to go on.",
    );
    return exitCodes.interrupted;
  }
  if (error instanceof UserError) {
    terminal.error(error.message, error.hint);
    if (terminal.verbose && error.cause) terminal.note(String(error.cause));
    return exitCodes[error.exit];
  }
  if (isSystemError(error)) {
    terminal.error(error.message, "Give a path you may read and write, on a disk with room.");
    return exitCodes.failure;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.error(`This is a bug in wattsplit: ${stack}`, "Please report it with the command line.");
  return exitCodes.failure;
}

/** What the file system or SQLite refuses: a disk that is full, a file that went away. */
const isSystemError = (error: unknown): error is Error =>
  error instanceof Error &&
  "code" in error &&
  ("syscall" in error || /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)/.test(String(error.code)));

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
