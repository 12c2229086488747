import { Command } from "commander";
import { wordsOf } from "./command-words.ts";
import type { CommandContext } from "./context.ts";
import { examples } from "./examples.ts";
import type { Sink } from "./terminal.ts";

interface Entry {
  readonly name: string;
  /** What the command says of itself, known without loading it. */
  readonly summary: string;
  readonly load: () => Promise<(context: CommandContext) => Command>;
}

/** Every command, in the order of the work; a command's module is loaded when the command is asked for. */
const commands: readonly Entry[] = [
  {
    name: "quickstart",
    summary: "this machine end to end: profile, search under a budget, verify, report",
    load: async () => (await import("./commands/quickstart.ts")).quickstartCommand,
  },
  {
    name: "devices",
    summary: "which devices, runtimes and meters work here, and why the others do not",
    load: async () => (await import("./commands/devices.ts")).devicesCommand,
  },
  {
    name: "profile",
    summary: "measure the kernels a search can ask for, inside whole networks; run again to resume",
    load: async () => (await import("./commands/profile.ts")).profileCommand,
  },
  {
    name: "query",
    summary: "answers from the table, with provenance and interval",
    load: async () => (await import("./commands/query.ts")).queryCommand,
  },
  {
    name: "estimate",
    summary: "cost of any ONNX model on a device, layer by layer, without running it",
    load: async () => (await import("./commands/estimate.ts")).estimateCommand,
  },
  {
    name: "search",
    summary: "grow the best network that fits a budget on a device",
    load: async () => (await import("./commands/search.ts")).searchCommand,
  },
  {
    name: "train",
    summary: "plain training of a network, with its curves, checkpoints and ONNX file",
    load: async () => (await import("./commands/train.ts")).trainCommand,
  },
  {
    name: "verify",
    summary:
      "measure networks on a device and compare with the table, layer by layer: a search's, or any with --net",
    load: async () => (await import("./commands/verify.ts")).verifyCommand,
  },
  {
    name: "report",
    summary:
      "one self-contained page on a search's folder or a table, or several searches compared",
    load: async () => (await import("./commands/report.ts")).reportCommand,
  },
  {
    name: "table",
    summary: "the table as a whole",
    load: async () => (await import("./commands/table.ts")).tableCommand,
  },
  {
    name: "serve",
    summary: "the table over HTTP: REST with an OpenAPI document, and pages; read-only",
    load: async () => (await import("./commands/serve.ts")).serveCommand,
  },
  {
    name: "agent",
    summary: "on a board: measure for a remote wattsplit over standard input and output",
    load: async () => (await import("./commands/agent.ts")).agentCommand,
  },
  {
    name: "data",
    summary: "data sets",
    load: async () => (await import("./commands/data.ts")).dataCommand,
  },
  {
    name: "completion",
    summary: "a shell's completion script, to be put where the shell looks for it",
    load: async () => (await import("./commands/completion.ts")).completionCommand,
  },
];

/** Names of all commands. */
export const commandNames: readonly string[] = commands.map(({ name }) => name);

/** What the program says when it is given no command. */
export const summary = `wattsplit measures what every layer width costs on a device and grows networks that fit it.

  wattsplit quickstart                                   this machine, end to end, in a few minutes
  wattsplit profile --net mnist-cnn --db energy.db       measure a table
  wattsplit search --net mnist-cnn --data mnist --db energy.db --latency-ms 0.2 --out found

Help on a command: wattsplit help COMMAND`;

/**
 * The command line, ready to parse; errors are thrown, output goes to the given sinks. Commands whose name is not
 * among `wanted` are only listed.
 */
export async function buildProgram(
  context: CommandContext,
  {
    stdout,
    stderr,
    wanted,
  }: { readonly stdout: Sink; readonly stderr: Sink; readonly wanted: readonly string[] },
): Promise<Command> {
  const program = new Command("wattsplit")
    .description("Measure what layer widths cost on a device; grow networks that fit its budget.")
    .version(context.version)
    .option("-q, --quiet", "no progress and no notes")
    .option("-v, --verbose", "causes of errors too")
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: (command) => command.name() });
  // A completion script tells of all commands.
  const needed = wanted.includes("completion") ? commandNames : wanted;
  for (const { name, summary: description, load } of commands)
    program.addCommand(
      needed.includes(name) ? (await load())(context) : new Command(name).description(description),
    );
  for (const command of everyCommand(program))
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void stdout.write(text),
        writeErr: (text) => void stderr.write(text),
      })
      .addHelpText("after", examplesText(wordsOf(command)));
  return program;
}

function examplesText(words: string): string {
  const lines = examples[words]?.map((example) => `  wattsplit ${example}`) ?? [];
  return lines.length > 0 ? ["", "Examples:", ...lines].join("\n") : "";
}

/** A command and all below it. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
