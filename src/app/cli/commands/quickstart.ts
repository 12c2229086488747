import { Command, Option } from "commander";
import type { CommandContext } from "../context.ts";
import { fraction, positive, shared } from "../options.ts";
import { type QuickstartFlags, runQuickstart } from "../workflow/quickstart-run.ts";

export function quickstartCommand(context: CommandContext): Command {
  return new Command("quickstart")
    .description("this machine end to end: profile, search under a budget, verify, report")
    .option("--out <dir>", "folder for the table, the network and the report", "quickstart")
    .addOption(
      new Option(
        "--budget <fraction>",
        "latency and energy budget as a fraction of the reference network's",
      )
        .argParser(fraction)
        .default(0.5),
    )
    .addOption(
      new Option(
        "--assume-power <watts>",
        "power that energy is modelled from where no meter works",
      )
        .argParser(positive)
        .default(10),
    )
    .addOption(shared.seed())
    .addOption(shared.json())
    .action((flags: QuickstartFlags) => runQuickstart(flags, context));
}
