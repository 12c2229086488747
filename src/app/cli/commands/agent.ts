import { Command } from "commander";
import { serveStandardStreams } from "../../../../devices/index.ts";
import type { CommandContext } from "../context.ts";
import { type Setting, shared } from "../options.ts";

export function agentCommand({ signal }: CommandContext): Command {
  return new Command("agent")
    .description("on a board: measure for a remote wattsplit over standard input and output")
    .requiredOption("--runtime <id>", "the runtime to run networks with")
    .requiredOption("--meters <ids>", "meters to try, separated by commas; the first that works")
    .addOption(shared.setting())
    .action(({ runtime, meters, setting }: AgentFlags) =>
      serveStandardStreams(
        { runtime, meters: meters.split(","), settings: Object.fromEntries(setting ?? []) },
        signal,
      ),
    );
}

interface AgentFlags {
  readonly runtime: string;
  readonly meters: string;
  readonly setting?: readonly Setting[];
}
