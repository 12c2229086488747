import type { Command } from "commander";
import type { CostTable, EnergyTable } from "../../../../energy-db/index.ts";
import { loadText, textPrefix } from "../../../datasets/index.ts";
import { UserError } from "../../../errors.ts";
import { makeFolder } from "../../../folder.ts";
import { formatNumber } from "../../../units.ts";
import { cellWorkers } from "../../workers/search-workers.ts";
import type { StepBudget } from "../../workflows/cell-cost.ts";
import { everyCostsOf, type TableFlags, withTable } from "../../workflows/open-costs.ts";
import { runTextSearch } from "../../workflows/search-text.ts";
import { findTextRecipe } from "../../workflows/text-recipes.ts";
import { checkTextFolder } from "../../workflows/text-search-folder.ts";
import type { CommandContext } from "../context.ts";
import { type TrainerFlags, withTrainers } from "../trainers.ts";

/** Flags of `search --cell rnn`; all others are refused. */
export interface TextSearchFlags extends TrainerFlags, TableFlags {
  readonly cell: "cnn" | "rnn";
  readonly net?: string;
  readonly data: string;
  readonly method: string;
  readonly recipe: string;
  readonly parameters?: number;
  readonly macs?: number;
  readonly latencyMs?: number;
  readonly energyMj?: number;
  readonly out: string;
  readonly resume?: boolean;
  readonly seed: number;
  readonly timeLimit?: number;
  readonly json?: boolean;
}

/** Flags that ask for what a word takes on a device. */
const asksForCosts = [
  ...(["latencyMs", "energyMj", "db", "device", "platform", "runtime", "threads"] as const),
];

/** Flags that mean something for recurrent cells. */
const own: ReadonlySet<string> = new Set<keyof TextSearchFlags>([
  ...(["cell", "data", "method", "recipe", "parameters", "macs", "backend"] as const),
  ...asksForCosts,
  ...(["trainThreads", "workers", "timeLimit", "out", "resume", "seed", "json"] as const),
]);

/** Flags about what a device needs that mean nothing here, and what is done instead. */
const ofDevice: Readonly<Record<string, string>> = {
  margin:
    "Leave it out: limits are held against what the table predicts; verify measures what a word takes.",
  cost: "Leave it out: costs are the table's.",
  confirm: "Leave it out: verify measures what a word takes.",
  peakMemoryKib: "Limit cells by --parameters, --macs, --latency-ms or --energy-mj.",
};

export async function runTextSearchCommand(
  flags: TextSearchFlags,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const { method, data, recipe: recipeName, seed, out, parameters, macs } = flags;
  const budget = budgetOf(flags);
  if (method !== "autoshrink")
    throw refusal(`Method ${method} has no recurrent cells`, "Give --method autoshrink.");
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return !own.has(name) && command.getOptionValueSource(name) === "cli";
  });
  if (given)
    throw refusal(
      `${given.long} does not go with --cell rnn`,
      ofDevice[given.attributeName()] ??
        "Recurrent cells are judged by perplexity and the count of edges, and limited by --parameters, --macs, --latency-ms and --energy-mj.",
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
  const isPredicted = asksForCosts.some((name) => command.getOptionValueSource(name) === "cli");
  const search = async (tables?: readonly CostTable[]) =>
    await withTrainers(
      flags,
      context,
      { kind: "text", path, words, lengths: searchTokens },
      ({ engine, pool }) =>
        runTextSearch({
          ...{ context, engine, text, recipeName, parameters, macs, seed, folder: out },
          ...(budget ? { budget } : {}),
          tables,
          workers: pool && cellWorkers(pool),
          timeLimit_s: flags.timeLimit,
        }),
    );
  const document = isPredicted
    ? await withTable(flags.db, async (table) => await search(await tablesOf(table, flags, budget)))
    : await search();
  if (flags.json) context.terminal.answerJson({ ...document });
  else
    context.terminal.answer(
      `Test perplexity ${formatNumber(document.testPerplexity)}, ${document.found.parameters} parameters: ${document.found.edges.join(", ")}`,
    );
}

function budgetOf({ latencyMs, energyMj }: TextSearchFlags): StepBudget | undefined {
  if (latencyMs === undefined && energyMj === undefined) return undefined;
  return {
    ...(latencyMs === undefined ? {} : { latency_s: latencyMs / 1e3 }),
    ...(energyMj === undefined ? {} : { energy_j: energyMj / 1e3 }),
  };
}

/** Costs of every space of the platform that the flags describe. Throws a UserError where energy is limited and nothing tells it. */
async function tablesOf(
  table: EnergyTable,
  flags: TableFlags,
  budget: StepBudget | undefined,
): Promise<readonly CostTable[]> {
  const tables = await everyCostsOf(table, flags);
  if (budget?.energy_j !== undefined && !tables[0]?.energyModel)
    throw new UserError(`${flags.db} has no energy of ${flags.device}`, {
      hint: "Profile it with a meter or --assume-power, or leave --energy-mj out.",
      exit: "unavailable",
    });
  return tables;
}

const refusal = (message: string, hint: string): UserError =>
  new UserError(message, { hint, exit: "usage" });
