import { runCli } from "../../src/cli/run-cli.ts";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process and keeps what it prints. */
export async function cli(
  args: readonly string[],
  { env = {} }: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CliResult> {
  const printed = { stdout: "", stderr: "" };
  const sink = (name: keyof typeof printed) => ({
    write: (text: string) => {
      printed[name] += text;
      return true;
    },
  });
  const { signal } = new AbortController();
  const code = await runCli(args, { stdout: sink("stdout"), stderr: sink("stderr"), env, signal });
  return { code, ...printed };
}
