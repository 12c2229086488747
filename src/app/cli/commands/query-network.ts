import { Command, Option } from "commander";
import { costsOf, withTable } from "../../workflows/open-costs.ts";
import type { CommandContext } from "../context.ts";
import { count, positive, shared } from "../options.ts";
import type { NetworkQueryFlags } from "./query-network-answers.ts";

export const networkOptions = (): readonly Option[] => [
  new Option("--multiplier <x>", "width multiplier of a preset").argParser(positive),
  new Option("--widths <list>", "widths of a preset's groups, for example 8-16-24x6-32"),
];

/** For platforms of which little is measured. */
export const likeOption = (): Option =>
  new Option(
    "--like <device>",
    "for a device of which a few kernels are measured: predict others from this one's, or from all devices' (\"auto\")",
  );

/** For imported tables. */
export const shapeOption = (): Option =>
  new Option("--shape <name=value...>", "what else tells rows of an imported table apart");

/** For kernels that nobody measured. */
export const predictOption = (): Option =>
  new Option(
    "--predict",
    "predict kernels that were not measured from their work, by what other kernels of the device take; labelled so",
  ).conflicts("like");

export function queryNetworkCommand({ terminal }: CommandContext): Command {
  const command = new Command("network")
    .description("cost of a whole network, layer by layer: a preset or a network.json file")
    .argument("<net>", "preset or network.json")
    .addOption(shared.db())
    .addOption(shared.device())
    .addOption(shared.platform())
    .option("--runtime <id>", "needed where the table has several")
    .addOption(new Option("--threads <n>", "needed where the table has several").argParser(count))
    .option("--space <name>", "whose fit to use (default: the newest)")
    .addOption(new Option("--batch <n>", "batch size").argParser(count))
    .addOption(likeOption())
    .addOption(predictOption())
    .addOption(shapeOption());
  for (const option of networkOptions()) command.addOption(option);
  return command.addOption(shared.json()).action(async (net: string, flags: NetworkQueryFlags) => {
    const { namedNetwork, networkAnswer, networkGuessAnswer, networkLikeAnswer } = await import(
      "./query-network-answers.ts"
    );
    const network = namedNetwork(net, flags);
    await withTable(flags.db, async (table) => {
      const { like, predict = false } = flags;
      const { text, document } =
        like !== undefined
          ? networkLikeAnswer(network, table, { ...flags, like })
          : predict
            ? await networkGuessAnswer(network, table, flags)
            : networkAnswer(network, await costsOf(table, flags, flags), flags);
      if (flags.json) terminal.answerJson(document);
      else terminal.answer(text);
    });
  });
}
