import { Command, InvalidArgumentError, Option } from "commander";
import { serveStandardStreams } from "../../../../devices/index.ts";
import type { CommandContext } from "../context.ts";

export function agentCommand({ signal }: CommandContext): Command {
  return new Command("agent")
    .description("on a board: measure for a remote wattsplit over standard input and output")
    .requiredOption("--runtime <id>", "the runtime to run networks with")
    .requiredOption("--meters <ids>", "meters to try, separated by commas; the first that works")
    .addOption(
      new Option("--setting <name=value>", "of a meter; may be given again").argParser(collected),
    )
    .action(({ runtime, meters, setting }: AgentFlags) =>
      serveStandardStreams(
        { runtime, meters: meters.split(","), settings: Object.fromEntries(setting ?? []) },
        signal,
      ),
    );
}

type Setting = readonly [string, string];

interface AgentFlags {
  readonly runtime: string;
  readonly meters: string;
  readonly setting?: readonly Setting[];
}

function collected(text: string, before: readonly Setting[] = []): readonly Setting[] {
  const [, name, value] = /^([\w-]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError("Expected NAME=VALUE.");
  return [...before, [name, value]];
}
