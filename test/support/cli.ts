import type { Command } from "commander";
import { buildProgram, commandNames } from "../../src/app/cli/program.ts";
import { runCli } from "../../src/app/cli/run-cli.ts";
import { Terminal } from "../../src/app/cli/terminal.ts";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process and keeps what it prints. */
export async function cli(
  args: readonly string[],
  {
    env = {},
    signal = new AbortController().signal,
    onStderr = () => undefined,
  }: {
    readonly env?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    /** Told what is printed there as it comes. */
    readonly onStderr?: (text: string) => void;
  } = {},
): Promise<CliResult> {
  const printed = { stdout: "", stderr: "" };
  const sink = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name] += text;
      if (name === "stderr") onStderr(text);
      return true;
    },
  });
  const code = await runCli(args, { stdout: sink("stdout"), stderr: sink("stderr"), env, signal });
  return { code, ...printed };
}

const nowhere = { write: () => true };

/** The program with some of its commands loaded, all unless told; what it prints is lost. */
export const wholeProgram = (wanted: readonly string[] = commandNames): Promise<Command> =>
  buildProgram(
    {
      terminal: new Terminal({ stdout: nowhere, stderr: nowhere, now_s: () => 0 }),
      env: {},
      signal: new AbortController().signal,
      version: "0",
      args: [],
    },
    { stdout: nowhere, stderr: nowhere, wanted },
  );
