import { Command, Option } from "commander";
import { describeKernel } from "../../../../energy-db/ask.ts";
import type {
  CostAnswer,
  CostTable,
  DearWidth,
  EnergyTable,
  ForeignAxis,
  KernelCost,
  MarginalCost,
  MeasuredKernel,
  Method,
} from "../../../../energy-db/index.ts";
import { UserError } from "../../../errors.ts";
import { formatPercent, formatSeconds } from "../../../units.ts";
import { askedKernel, type KernelQuestion, kernelFilter } from "../../workflows/asked-kernel.ts";
import { guessCost } from "../../workflows/guess-cost.ts";
import { chosenRows, importedTable } from "../../workflows/imported-costs.ts";
import { type KernelRow, kernelRow, kernelRowFields } from "../../workflows/kernel-row.ts";
import { likeCost } from "../../workflows/like-cost.ts";
import {
  costsOf,
  costsOfKernel,
  everyCostsOf,
  findPlatform,
  type TableFlags,
  withTable,
} from "../../workflows/open-costs.ts";
import type { CommandContext } from "../context.ts";
import { energyText, likenessText } from "../cost-text.ts";
import { kernelOptions } from "../kernel-flags.ts";
import { count, shared } from "../options.ts";
import { formatTable } from "../table-text.ts";
import type { Terminal } from "../terminal.ts";
import { type ImportedFlags, importedAnswers, importedOptions } from "./query-imported.ts";
import { likeOption, networkOptions, predictOption, queryNetworkCommand } from "./query-network.ts";
import type { NetworkMarginalFlags } from "./query-network-answers.ts";
import { platformsCommand } from "./query-platforms.ts";

type QueryFlags = TableFlags &
  KernelQuestion & {
    readonly method?: Method;
    readonly like?: string;
    readonly predict?: boolean;
    readonly json?: boolean;
  };

export function queryCommand(context: CommandContext): Command {
  const { terminal } = context;
  const query = new Command("query").description(
    "answers from the table, with provenance and interval",
  );
  const asks: readonly Ask[] = [
    {
      name: "cost",
      summary:
        "cost of one kernel: smoothed over its family, and as measured; else refused, or predicted if told to",
      answer: answerCost,
      isOfKernel: true,
    },
    {
      name: "marginal",
      summary:
        "cost of more channels in one kernel, or of more neurons of a layer inside a network",
      answer: answerMarginal,
      isOfKernel: true,
    },
    { name: "stairs", summary: "steps of cost along widths", answer: answerStairs },
    { name: "kernels", summary: "measured kernels and their costs", answer: answerKernels },
  ];
  for (const ask of asks) query.addCommand(askCommand(ask, terminal));
  return query.addCommand(queryNetworkCommand(context)).addCommand(platformsCommand(terminal));
}

interface Ask {
  readonly name: keyof typeof importedAnswers;
  readonly summary: string;
  readonly answer: (costs: CostTable, flags: AskFlags) => Answer | Promise<Answer>;
  /** About one kernel: whichever space knows it answers. */
  readonly isOfKernel?: boolean;
}

/** Flags of all questions; each takes its own. */
interface AskFlags extends QueryFlags, ImportedFlags, Omit<NetworkMarginalFlags, "batch"> {
  readonly grow?: ForeignAxis;
  readonly where?: readonly string[];
  readonly sort?: string;
  readonly limit?: number;
}

/** The same answer for a person and as JSON. */
interface Answer {
  readonly text: string;
  readonly document: object;
}

function askCommand(ask: Ask, terminal: Terminal): Command {
  const { name, summary } = ask;
  const command = new Command(name)
    .description(summary)
    .addOption(shared.db())
    .addOption(shared.device())
    .addOption(shared.platform())
    .option("--runtime <id>", "needed where the table has several")
    .addOption(shared.method())
    .addOption(new Option("--threads <n>", "needed where the table has several").argParser(count));
  for (const option of kernelOptions) command.addOption(option);
  for (const option of importedOptions) command.addOption(option);
  if (name === "cost") command.addOption(likeOption()).addOption(predictOption());
  if (name === "marginal")
    command
      .addOption(
        new Option("--grow <axis>", "which channels grow; mid: inside an imported block")
          .choices(["in", "mid", "out"])
          .default("out"),
      )
      .addOption(
        new Option(
          "--by <n>",
          "how many channels (default: up to the next aligned width)",
        ).argParser(count),
      )
      .option("--net <name>", "instead of a kernel: a preset or network.json file")
      .option("--layer <name>", "with --net: the layer that gets --by more neurons");
  if (name === "marginal") for (const option of networkOptions()) command.addOption(option);
  if (name === "kernels")
    command
      .option(
        "--where <conditions...>",
        "keep rows by any field of --json: outChannels__gte=64, op=conv2d, flags__contains=drift",
      )
      .option("--sort <field>", "order rows by a field; -FIELD: descending")
      .addOption(new Option("--limit <n>", "print at most this many rows").argParser(count));
  return command.addOption(shared.json()).action(async (flags: AskFlags) => {
    // Printed while the table is open: an answer looks its rows up when they are read.
    await withTable(flags.db, async (table) => {
      const { text, document } = await answerFrom(table, ask, flags);
      if (flags.json) terminal.answerJson(document);
      else terminal.answer(text);
    });
  });
}

/** From the table imported for the device, by its likeness to others where that was asked for, else from its own rows. */
async function answerFrom(
  table: EnergyTable,
  { name, answer, isOfKernel }: Ask,
  flags: AskFlags,
): Promise<Answer> {
  const ofRows = !flags.predict && flags.net === undefined;
  const imported = ofRows ? importedTable(table, flags) : undefined;
  if (imported) {
    const { foreignCosts } = await import("../../../../energy-db/index.ts");
    return importedAnswers[name](foreignCosts(imported), imported, flags);
  }
  if (flags.like !== undefined) return await answerLike(table, flags.like, flags);
  if (flags.predict) return await answerGuess(table, flags);
  const costs = isOfKernel
    ? await costsOfKernel(table, flags, flags, flags)
    : await costsOf(table, flags, flags);
  return await answer(costs, flags);
}

function answerCost(costs: CostTable, flags: QueryFlags): Answer {
  const kernel = askedKernel(flags, costs);
  const cost = costs.cost(kernel);
  const measured = costs.measured(kernel);
  return {
    text: [describeKernel(kernel), costText(cost), measuredText(measured)].join("\n"),
    document: { kernel, ...cost, ...(measured ? { measured } : {}), source: costs.source },
  };
}

async function answerLike(table: EnergyTable, like: string, flags: QueryFlags): Promise<Answer> {
  const { loadLikeCosts } = await import("../../../../energy-db/index.ts");
  const { id } = findPlatform(table, flags);
  const costs = loadLikeCosts(table, id, like, flags.method ? { method: flags.method } : {});
  const { kernel, cost, ...found } = likeCost(costs, flags);
  return {
    text: [describeKernel(kernel), costText(cost), likenessText(found.like)].join("\n"),
    document: { kernel, ...cost, ...found },
  };
}

async function answerGuess(table: EnergyTable, flags: QueryFlags): Promise<Answer> {
  const { guessedCosts } = await import("../../../../energy-db/index.ts");
  const costs = guessedCosts(await everyCostsOf(table, flags));
  const { kernel, cost } = guessCost(costs, flags);
  return {
    text: [describeKernel(kernel), costText(cost)].join("\n"),
    document: { kernel, ...cost, source: costs.source },
  };
}

async function answerMarginal(costs: CostTable, flags: AskFlags): Promise<Answer> {
  if (flags.net !== undefined) {
    const { networkMarginalAnswer } = await import("./query-network-answers.ts");
    return networkMarginalAnswer(costs, flags.net, flags);
  }
  const kernel = askedKernel(flags, costs);
  const { grow = "out", by = costs.alignment } = flags;
  if (grow === "mid")
    throw new UserError("A kernel has no inner channels to grow", {
      hint: "Give --grow in or --grow out; blocks of imported tables have inner ones.",
      exit: "usage",
    });
  const marginal = costs.marginal(kernel, { grow, by });
  const width = grow === "in" ? kernel.inChannels : kernel.outChannels;
  return {
    text: [
      `${describeKernel(kernel)}, ${by} more ${grow === "in" ? "input" : "output"} channels`,
      marginalText(marginal),
      marginal.freeUntil > width
        ? `free until width ${marginal.freeUntil}`
        : "no free channels found",
    ].join("\n"),
    document: { kernel, grow, by, ...marginal, source: costs.source },
  };
}

function answerStairs(costs: CostTable, flags: QueryFlags): Answer {
  const rows = costs.stairs(kernelFilter(flags, { widths: false }));
  return {
    text: formatTable(
      [
        {
          title: "kernel",
          of: ({ example }) => describeKernel(example).replace(/, [^,]* channels/, ""),
        },
        { title: "axis", of: ({ axis }) => axis },
        { title: "step", of: ({ step }) => step ?? "none" },
        { title: "confidence", of: ({ confidence }) => confidence },
        { title: "on its own", of: ({ ownConfidence }) => ownConfidence, optional: true },
        { title: "widths seen", of: ({ widths }) => widths },
        { title: "dearer than a larger width", of: ({ dear }) => dearText(dear) },
      ],
      rows,
    ),
    document: { rows, source: costs.source },
  };
}

function answerKernels(costs: CostTable, flags: AskFlags): Answer {
  const rows = wantedRows(costs.kernels(kernelFilter(flags)), flags);
  return {
    text: formatTable(
      [
        { title: "kernel", of: ({ kernel }) => describeKernel(kernel) },
        { title: "latency us", of: ({ cost }) => 1e6 * cost.latency_s },
        {
          title: "+- %",
          of: ({ cost }) => (50 * (cost.latency_high_s - cost.latency_low_s)) / cost.latency_s,
        },
        { title: "energy uJ", of: ({ cost }) => cost.energy_j && 1e6 * cost.energy_j },
        {
          title: "net uJ",
          of: ({ cost }) => cost.net_energy_j && 1e6 * cost.net_energy_j,
          optional: true,
        },
        { title: "energy is", of: ({ cost }) => cost.energyProvenance },
        { title: "seen", of: ({ observations }) => observations },
        { title: "flags", of: ({ flags: raised }) => raised.join(" ") },
      ],
      rows,
    ),
    document: { rows, source: costs.source },
  };
}

/** Rows under --where, in the order of --sort, as many as --limit allows. */
function wantedRows(rows: readonly KernelCost[], flags: AskFlags): readonly KernelCost[] {
  const origin = new Map<KernelRow, KernelCost>(rows.map((row) => [kernelRow(row), row]));
  const chosen = chosenRows([...origin.keys()], kernelRowFields, flags);
  return chosen.flatMap((row) => origin.get(row) ?? []);
}

/** Runs of widths that are dearer than the same larger one: "8 to 15 than 16, by up to 9 %". */
function dearText(dear: readonly DearWidth[]): string {
  const worst = [...dear].sort((a, b) => b.by - a.by).slice(0, shownDear);
  const more = dear.length > worst.length ? `; ${dear.length - worst.length} more` : "";
  return worst.length === 0
    ? "none"
    : worst
        .map(({ width, than, by }) => `${width} than ${than} by ${formatPercent(by)}`)
        .join(", ") + more;
}

const shownDear = 2;

function costText(cost: CostAnswer): string {
  const half = (cost.latency_high_s - cost.latency_low_s) / 2 / cost.latency_s;
  const latency = `latency  ${formatSeconds(cost.latency_s)} +- ${formatPercent(half)}  ${cost.provenance}`;
  const energy =
    energyText(cost) ??
    "absent: no meter measured this platform (profile --assume-power W models it)";
  return `${latency}\nenergy   ${energy}\nfrom     ${cost.rows.length} rows`;
}

/** What the rows of exactly this kernel say, unsmoothed: a time inside networks by the runtime's node profiler. */
function measuredText(measured: MeasuredKernel | undefined): string {
  if (!measured) return "rows     this width was not measured";
  const { latency_s, low_s, high_s, provenance, observations } = measured;
  const range =
    low_s === undefined || high_s === undefined
      ? ""
      : ` (95 %: ${formatSeconds(low_s)} to ${formatSeconds(high_s)})`;
  return `rows     ${formatSeconds(latency_s)}${range}  ${provenance}, median of ${observations}`;
}

function marginalText(cost: MarginalCost): string {
  const range = `${formatSeconds(cost.latency_low_s)} to ${formatSeconds(cost.latency_high_s)}`;
  const latency = `latency  ${formatSeconds(cost.latency_s)} (95 %: ${range})  ${cost.provenance}`;
  const energy = energyText(cost);
  return energy === undefined ? latency : `${latency}\nenergy   ${energy}`;
}
