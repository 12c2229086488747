import { Command, Option } from "commander";
import {
  missedBudget,
  type QuickstartFlags,
  runQuickstart,
} from "../../workflows/quickstart-run.ts";
import type { CommandContext } from "../context.ts";
import { fraction, positive, shared } from "../options.ts";
import { resultText } from "../quickstart-text.ts";

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
    .addOption(shared.allowConditions())
    .option(
      "--trial",
      "the same steps with the least of everything, in a minute or two: rough figures",
    )
    .addOption(shared.seed())
    .addOption(shared.json())
    .action((flags: QuickstartFlags & { readonly json?: boolean }) =>
      answerQuickstart(flags, context),
    );
}

async function answerQuickstart(
  flags: QuickstartFlags & { readonly json?: boolean },
  context: CommandContext,
): Promise<void> {
  const { result, report } = await runQuickstart(flags, context);
  const { terminal } = context;
  if (flags.json) terminal.answerJson({ report, ...result });
  else terminal.answer(resultText(result, { budget: flags.budget, report }));
  const missed = missedBudget(result, flags.budget);
  if (!missed) return;
  // A trial measures too little to be held to its budget.
  if (flags.trial) terminal.warn(missed.message);
  else throw missed;
}
