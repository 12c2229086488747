import { Command } from "commander";
import { dataCommand } from "./commands/data.ts";
import { devicesCommand } from "./commands/devices.ts";
import { profileCommand } from "./commands/profile.ts";
import { queryCommand } from "./commands/query.ts";
import { quickstartCommand } from "./commands/quickstart.ts";
import { reportCommand } from "./commands/report.ts";
import { searchCommand } from "./commands/search.ts";
import { tableCommand } from "./commands/table.ts";
import { verifyCommand } from "./commands/verify.ts";
import type { CommandContext } from "./context.ts";
import type { Sink } from "./terminal.ts";

type MakeCommand = (context: CommandContext) => Command;

/** Every command, in the order of the work. */
const commands: readonly MakeCommand[] = [
  quickstartCommand,
  devicesCommand,
  profileCommand,
  queryCommand,
  searchCommand,
  verifyCommand,
  reportCommand,
  tableCommand,
  dataCommand,
];

const summary = `
wattsplit measures what every layer width costs on a device and grows networks that fit it.

  wattsplit quickstart                                   this machine, end to end, in a few minutes
  wattsplit profile --net mnist-cnn --db energy.db       measure a table
  wattsplit search --net mnist-cnn --data mnist --db energy.db --latency-ms 0.2 --out found

Help on a command: wattsplit COMMAND --help`;

/** The whole command line, ready to parse; errors are thrown, output goes to the given sinks. */
export function buildProgram(
  context: CommandContext,
  { stdout, stderr }: { readonly stdout: Sink; readonly stderr: Sink },
): Command {
  const program = new Command("wattsplit")
    .description("Measure what layer widths cost on a device; grow networks that fit its budget.")
    .version(context.version)
    .option("-q, --quiet", "no progress and no notes")
    .option("-v, --verbose", "causes of errors too")
    .showSuggestionAfterError()
    .action(() => context.terminal.answer(summary.trim()));
  for (const make of commands) program.addCommand(make(context));
  for (const command of everyCommand(program))
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    });
  return program;
}

/** A command and all below it. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
