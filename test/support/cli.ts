import { runCli } from "../../src/app/cli/run-cli.ts";

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
  }: { readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<CliResult> {
  const printed = { stdout: "", stderr: "" };
  const sink = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name] += text;
      return true;
    },
  });
  const code = await runCli(args, { stdout: sink("stdout"), stderr: sink("stderr"), env, signal });
  return { code, ...printed };
}
