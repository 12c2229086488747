import { CommanderError } from "commander";
import { exitCodes, UserError } from "../../errors.ts";
import { requireKnownCommand, withoutHelpWord } from "./command-words.ts";
import { buildProgram, summary } from "./program.ts";
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
  typed: readonly string[],
  surroundings: CliSurroundings,
): Promise<number> {
  const { stdout, stderr, env, signal } = surroundings;
  const args = withoutHelpWord(typed);
  const terminal = new Terminal({
    stdout,
    stderr,
    env,
    quiet: args.includes("--quiet") || args.includes("-q"),
    verbose: args.includes("--verbose") || args.includes("-v"),
    now_s: () => performance.now() / 1000,
  });
  try {
    const context = { terminal, env, signal, version: toolVersion(), args };
    if (args.every((arg) => onlyTone.includes(arg))) {
      terminal.answer(summary);
      return exitCodes.done;
    }
    const program = await buildProgram(context, { stdout, stderr, wanted: args });
    requireKnownCommand(program, args);
    await program.parseAsync([...args], { from: "user" });
    return exitCodes.done;
  } catch (error) {
    // Help and --version end the parse with code 0; commander has printed every usage error itself.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const { message, hint, exit } = explanationOf(error, { args, signal });
    terminal.error(message, hint);
    if (terminal.verbose && error instanceof UserError && error.cause)
      terminal.note(String(error.cause));
    return exitCodes[exit];
  }
}

/** Flags that ask for nothing. */
const onlyTone: readonly string[] = ["-q", "--quiet", "-v", "--verbose"];

type Explanation = Pick<UserError, "message" | "hint" | "exit">;

function explanationOf(
  error: unknown,
  { args, signal }: { readonly args: readonly string[]; readonly signal: AbortSignal },
): Explanation {
  if (signal.aborted && isAbort(error)) return interrupted(args);
  if (error instanceof UserError) return error;
  if (isSystemError(error))
    return {
      message: error.message,
      hint: "Give a path you may read and write, on a disk with room.",
      exit: "failure",
    };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    message: `This is a bug in wattsplit: ${stack}`,
    hint: "Please report it with the command line.",
    exit: "failure",
  };
}

function interrupted(args: readonly string[]): Explanation {
  const command = args.find((arg) => !arg.startsWith("-"));
  const flag =
    ["search", "train"].includes(command ?? "") && !args.includes("--resume")
      ? " with --resume"
      : "";
  return {
    message: "Interrupted; everything finished is kept",
    hint: `Run the same command again${flag} to go on.`,
    exit: "interrupted",
  };
}

/** What the file system or SQLite refuses at a path that somebody gave: no rights, no room, a folder for a file. */
const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && refusals.test(String(error.code));

const refusals =
  /^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT|EIO|EISDIR|ENOTDIR|SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM).*)$/;

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";
