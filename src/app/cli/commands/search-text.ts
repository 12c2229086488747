import type { Command } from "commander";
import { loadText, textPrefix } from "../../../datasets/index.ts";
import { UserError } from "../../../errors.ts";
import { makeFolder } from "../../../folder.ts";
import { formatNumber } from "../../../units.ts";
import { cellWorkers } from "../../workers/search-workers.ts";
import { runTextSearch } from "../../workflows/search-text.ts";
import { findTextRecipe } from "../../workflows/text-recipes.ts";
import { checkTextFolder } from "../../workflows/text-search-folder.ts";
import type { CommandContext } from "../context.ts";
import { type TrainerFlags, withTrainers } from "../trainers.ts";

/** Flags of `search --cell rnn`; all others are refused. */
export interface TextSearchFlags extends TrainerFlags {
  readonly cell: "cnn" | "rnn";
  readonly net?: string;
  readonly data: string;
  readonly method: string;
  readonly recipe: string;
  readonly parameters?: number;
  readonly macs?: number;
  readonly out: string;
  readonly resume?: boolean;
  readonly seed: number;
  readonly timeLimit?: number;
  readonly json?: boolean;
}

/** Flags that mean something for recurrent cells. */
const own: ReadonlySet<string> = new Set<keyof TextSearchFlags>([
  ...(["cell", "data", "method", "recipe", "parameters", "macs", "backend"] as const),
  ...(["trainThreads", "workers", "timeLimit", "out", "resume", "seed", "json"] as const),
]);

/** Flags about what a device needs. */
const device: ReadonlySet<string> = new Set([
  ...["latencyMs", "energyMj", "margin", "cost", "db", "device", "platform", "runtime", "threads"],
  ...["confirm", "peakMemoryKib"],
]);

export async function runTextSearchCommand(
  flags: TextSearchFlags,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { method, data, recipe: recipeName, seed, out, parameters, macs } = flags;
  if (method !== "autoshrink")
    throw refusal(`Method ${method} has no recurrent cells`, "Give --method autoshrink.");
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return !own.has(name) && command.getOptionValueSource(name) === "cli";
  });
  if (given)
    throw refusal(
      `${given.long} does not go with --cell rnn`,
      device.has(given.attributeName())
        ? "No table holds kernels of recurrent cells, so nothing tells their latency or energy before they run: limit them by --macs or --parameters; verify measures what a word takes."
        : "Recurrent cells are judged by perplexity and the count of edges, and limited by --macs and --parameters.",
    );
  const { words, searchTokens } = findTextRecipe(recipeName);
  if (!data.startsWith(textPrefix))
    throw refusal(
      `Recurrent cells are searched for on a text, which "${data}" is not`,
      "Give --data text:FILE, or text:FOLDER with train.txt, valid.txt and test.txt.",
    );
  checkTextFolder(out, { resume: flags.resume ?? false });
  const text = await loadText(data.slice(textPrefix.length), { words });
  makeFolder(out);
  const path = data.slice(textPrefix.length);
  const document = await withTrainers(
    flags,
    context,
    { kind: "text", path, words, lengths: searchTokens },
    ({ engine, pool }) =>
      runTextSearch({
        ...{ context, engine, text, recipeName, parameters, macs, seed, folder: out },
        workers: pool && cellWorkers(pool),
        timeLimit_s: flags.timeLimit,
      }),
  );
  if (flags.json) context.terminal.answerJson({ ...document });
  else
    context.terminal.answer(
      `Test perplexity ${formatNumber(document.testPerplexity)}, ${document.found.parameters} parameters: ${document.found.edges.join(", ")}`,
    );
}

const refusal = (message: string, hint: string): UserError =>
  new UserError(message, { hint, exit: "usage" });
