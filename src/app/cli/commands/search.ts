import { resolve } from "node:path";
import { Command, Option } from "commander";
import { isSustainedMode } from "../../../../devices/index.ts";
import {
  type CostTable,
  type EnergyTable,
  measuredNetworks,
  type NetworkCost,
} from "../../../../energy-db/index.ts";
import {
  type Budget,
  type CostModel,
  type FoundNetwork,
  findMethod,
  macsCostModel,
  type SearchContext,
  type SearchMethod,
  searchMethods,
} from "../../../../search/index.ts";
import { UserError } from "../../../errors.ts";
import { makeFolder } from "../../../folder.ts";
import { kernelsOf } from "../../../network/kernel.ts";
import type { Network } from "../../../network/network.ts";
import type { SearchStart } from "../../../network/search-start.ts";
import { annealingNames } from "../../../training/schedule.ts";
import { formatPercent, formatSeconds } from "../../../units.ts";
import { trialWorkers } from "../../workers/search-workers.ts";
import { type BudgetMargin, budgetMargin } from "../../workflows/budget-margin.ts";
import { confirmOnDevice } from "../../workflows/confirm-finalists.ts";
import { costModelOf, costsOf, type TableFlags, withTable } from "../../workflows/open-costs.ts";
import { searchReport } from "../../workflows/report-search.ts";
import { type RunRecord, searchFile, writeDocument } from "../../workflows/search-folder.ts";
import { searchInput } from "../../workflows/search-input.ts";
import { checkFolder, runSearch } from "../../workflows/search-run.ts";
import { loweredCaps, withinTable } from "../../workflows/table-widths.ts";
import { writeReport } from "../../workflows/write-report.ts";
import type { CommandContext } from "../context.ts";
import { count, duration_s, fraction, nonNegative, positive, share, shared } from "../options.ts";
import { withTrainers } from "../trainers.ts";
import { type RecipeFlags, recipeOf } from "./search-recipe.ts";
import { runTextSearchCommand, type TextSearchFlags } from "./search-text.ts";

interface SearchFlags extends TableFlags, TextSearchFlags, RecipeFlags {
  readonly energyMj?: number;
  readonly latencyMs?: number;
  readonly peakMemoryKib?: number;
  readonly margin?: number;
  readonly method: string;
  readonly cost: "table" | "macs";
  readonly widthsMultiple?: number;
  readonly timeLimit?: number;
  readonly confirm?: boolean;
  readonly runner?: string;
  readonly allowConditions?: boolean;
}

export const backendOption = () =>
  new Option("--backend <name>", "what training runs on")
    .choices([
      "auto",
      "onnx-cpu",
      "onnx-webgpu",
      "onnx-cuda",
      "tfjs-node-gpu",
      "tfjs-node",
      "tfjs-cpu",
    ])
    .default("auto");

export const scheduleOption = () =>
  new Option(
    "--schedule <name>",
    "how the learning rate comes down: half a cosine, or to a tenth at 50 % and again at 75 % (default: cosine)",
  ).choices(annealingNames);

export const labelSmoothingOption = () =>
  new Option(
    "--label-smoothing <share>",
    "share of a label's weight that training gives to all classes alike (default: 0)",
  ).argParser(fraction);

export function searchCommand(context: CommandContext): Command {
  return new Command("search")
    .description("grow the best network that fits a budget on a device")
    .option(
      "--net <name>",
      "preset or network.json to grow from, or gcn for a graph; none with --cell rnn",
    )
    .requiredOption(
      "--data <set>",
      "data set or graph to train on: NAME, or NAME:FOLDER for files of your own",
    )
    .requiredOption(
      "--out <dir>",
      "folder for network.json, network.onnx, network.tflite, history.json, report.html",
    )
    .addOption(shared.db())
    .addOption(shared.device())
    .addOption(shared.platform())
    .option("--runtime <id>", "needed where the table has several")
    .addOption(new Option("--threads <n>", "threads of the platform searched for").argParser(count))
    .addOption(new Option("--energy-mj <mJ>", "energy budget per inference").argParser(positive))
    .addOption(new Option("--latency-ms <ms>", "latency budget per inference").argParser(positive))
    .addOption(new Option("--macs <n>", "budget of multiply-accumulates").argParser(positive))
    .addOption(new Option("--parameters <n>", "budget of parameters").argParser(positive))
    .addOption(
      new Option(
        "--peak-memory-kib <KiB>",
        "budget of peak activation memory, float32, one image (docs/selection.md)",
      ).argParser(positive),
    )
    .addOption(
      new Option(
        "--margin <fraction>",
        "part of the budget kept for prediction error (default: the table's own held-out error)",
      ).argParser(fraction),
    )
    .addOption(new Option("--method <name>", "search method").default("splitting"))
    .addOption(
      new Option(
        "--cell <kind>",
        "cells whose wiring autoshrink searches for: of convolutions, or recurrent ones on --data text:FILE (docs/search.md)",
      )
        .choices(["cnn", "rnn"])
        .default("cnn"),
    )
    .addOption(new Option("--recipe <name>", "trial, quick, standard or paper").default("standard"))
    .addOption(
      new Option("--cost <source>", "table, or macs to search by a FLOP proxy")
        .choices(["table", "macs"])
        .default("table"),
    )
    .addOption(new Option("--learning-rate <rate>", "peak of the schedule").argParser(positive))
    .addOption(
      new Option("--optimizer <name>", "what moves the weights (docs/training.md)")
        .choices(["sgd", "kfac"])
        .default("sgd"),
    )
    .addOption(scheduleOption())
    .addOption(labelSmoothingOption())
    .addOption(backendOption())
    .addOption(new Option("--train-threads <n>", "threads of training").argParser(count))
    .addOption(
      new Option(
        "--workers <n>",
        "processes that train candidates at once, by default with all cores divided among them; the same is found as by one of as many threads",
      ).argParser(count),
    )
    .addOption(
      new Option(
        "--widths-multiple <n>",
        "widths chosen are multiples of this (default: what the runtime packs without cost)",
      ).argParser(count),
    )
    .addOption(
      new Option(
        "--time-limit <time>",
        "90m or 2h: the recipe's epochs are cut so that the plan fits",
      ).argParser(duration_s),
    )
    .addOption(
      new Option(
        "--operators-per-block <n>",
        "of hurricane: operators of every block that it searches among (default: the preset's)",
      ).argParser(count),
    )
    .addOption(
      new Option(
        "--macs-share <share>",
        "of hurricane: share of multiply-accumulates in an operator's capacity, the rest being parameters (default: 1)",
      ).argParser(share),
    )
    .addOption(
      new Option(
        "--capacity-exponent <x>",
        "of hurricane: alpha of score = capacity^alpha / cost^beta (default: 1)",
      ).argParser(nonNegative),
    )
    .addOption(
      new Option("--cost-exponent <x>", "of hurricane: beta of the same (default: 1)").argParser(
        nonNegative,
      ),
    )
    .option(
      "--confirm",
      "measure the finalists on the device, and drop those that miss the budget there",
    )
    .addOption(shared.runner())
    .addOption(shared.allowConditions())
    .option("--resume", "go on with the search in --out")
    .addOption(shared.seed())
    .addOption(shared.json())
    .action((flags: SearchFlags, command: Command) =>
      flags.cell === "rnn"
        ? runTextSearchCommand(flags, command, context)
        : runSearchCommand(flags, context),
    );
}

async function runSearchCommand(flags: SearchFlags, context: CommandContext): Promise<void> {
  const method = findMethod(flags.method);
  if (flags.confirm) requireConfirming(method);
  const input = await searchInput(flags, recipeOf(flags));
  const { wanted, recipe } = input;
  const asked = budgetOf(flags);
  checkFolder(flags.out, { resume: flags.resume ?? false });
  const data = await input.data((progress) => context.terminal.progress(progress));
  await withTable(flags.db, async (table) => {
    const costs = await costsOf(table, flags, { space: wanted.space });
    const start = withinTable(wanted, costs);
    const lowered = loweredCaps(wanted, start);
    if (lowered) context.terminal.warn(lowered);
    const { margin, warning } = marginOf(flags, costs, asked);
    if (warning) context.terminal.warn(warning);
    const collinear = oneBudgetOfTwo(costs, asked);
    if (collinear) context.terminal.note(collinear);
    context.terminal.note(
      `Costs: ${costs.source}; ${formatPercent(margin)} of each budget is kept for their error`,
    );
    makeFolder(flags.out);
    writeDocument(flags.out, "run", runRecord(flags, context, { costs, start, asked, margin }));
    const found = await withTrainers(flags, context, input.work, ({ engine, pool }) =>
      runSearch({
        context,
        method,
        start,
        data,
        costs: costModel(table, costs, flags),
        budget: asked,
        margin,
        granularity: flags.widthsMultiple ?? costs.alignment,
        recipe,
        engine,
        seed: flags.seed,
        folder: flags.out,
        workers: pool && trialWorkers(pool),
        ...(flags.timeLimit ? { timeLimit_s: flags.timeLimit } : {}),
        ...(flags.confirm
          ? { confirm: confirmation(flags, context, { costs, start, asked }) }
          : {}),
      }),
    );
    const report = writeReport(searchFile(flags.out, "report"), searchReport(flags.out, table));
    answer(found, costs.networkCost(found.network), { flags, context, report });
  });
}

function requireConfirming({ name, confirms }: SearchMethod): void {
  if (confirms) return;
  const able = searchMethods.filter((method) => method.confirms).map((method) => method.name);
  throw new UserError(`Method ${name} has no finalists to measure`, {
    hint: `Leave --confirm out and verify what it delivers, or take one of ${able.join(", ")}.`,
    exit: "usage",
  });
}

/** On the platform that the costs are of. */
function confirmation(
  { confirm, db, seed, runner, allowConditions }: SearchFlags,
  context: CommandContext,
  { costs: { platform, imported }, start: { space }, asked }: SearchedFor,
): SearchContext["confirm"] {
  if (!confirm) return undefined;
  if (imported !== undefined) throw notMeasured(platform.device);
  const { device, runtime, precision, threads, powerMode } = platform;
  const run = {
    ...{ context, db, device, runtime, precision, runner, threads, space, seed, allowConditions },
    sustained: isSustainedMode(powerMode),
    meter: asked.energy_j === undefined ? "none" : "auto",
  };
  return confirmOnDevice(run, { budget: asked });
}

const notMeasured = (device: string): UserError =>
  new UserError(`Nothing was measured on ${device}: its rows are another tool's`, {
    hint: `Leave --confirm out, or measure first: wattsplit profile --device ${device}`,
    exit: "usage",
  });

interface SearchedFor {
  readonly costs: CostTable;
  readonly start: SearchStart;
  readonly asked: Budget;
}

function runRecord(
  flags: SearchFlags,
  { args, version }: CommandContext,
  { costs, start, asked, margin }: SearchedFor & { readonly margin: number },
): RunRecord {
  return {
    command: `wattsplit ${args.join(" ")}`,
    toolVersion: version,
    generatedAt: new Date().toISOString(),
    db: resolve(flags.db),
    device: costs.platform.device,
    ...(costs.imported === undefined
      ? { platform: costs.platform.id }
      : { imported: costs.imported }),
    runtime: costs.platform.runtime,
    threads: costs.platform.threads,
    space: start.space,
    budget: asked,
    margin,
  };
}

function answer(
  { history }: FoundNetwork,
  { layers: _, ...predicted }: NetworkCost,
  to: { readonly flags: SearchFlags; readonly context: CommandContext; readonly report: string },
): void {
  const { terminal } = to.context;
  if (to.flags.json) {
    terminal.answerJson({ history, predicted, report: to.report });
    return;
  }
  terminal.answer(
    `Test accuracy ${formatPercent(history.test?.accuracy ?? 0)}, predicted latency ` +
      `${formatSeconds(predicted.latency_s)}. Report: ${to.report}`,
  );
  terminal.note(`Next: wattsplit verify ${to.flags.out}`);
}

/** Budgets of the flags in SI; at least one is needed. */
function budgetOf({ energyMj, latencyMs, macs, parameters, peakMemoryKib }: SearchFlags): Budget {
  const budget: Budget = {
    ...(latencyMs ? { latency_s: latencyMs / 1e3 } : {}),
    ...(energyMj ? { energy_j: energyMj / 1e3 } : {}),
    ...(macs ? { macs } : {}),
    ...(parameters ? { parameters } : {}),
    ...(peakMemoryKib ? { peakMemory_bytes: 1024 * peakMemoryKib } : {}),
  };
  if (Object.keys(budget).length === 0)
    throw new UserError("No budget given", {
      hint: "Give --latency-ms, --energy-mj, --macs, --parameters or --peak-memory-kib, one or several.",
      exit: "usage",
    });
  return budget;
}

/** Counted budgets need no margin. */
function marginOf({ margin }: SearchFlags, costs: CostTable, budget: Budget): BudgetMargin {
  if (margin !== undefined) return { margin };
  const isMeasured = budget.latency_s !== undefined || budget.energy_j !== undefined;
  return isMeasured ? budgetMargin(costs) : { margin: 0 };
}

/** Energy as time x one power is no second budget: says which of the two decides. */
function oneBudgetOfTwo({ energyModel }: CostTable, budget: Budget): string | undefined {
  const { latency_s, energy_j } = budget;
  if (energyModel?.provenance !== "modelled" || latency_s === undefined || energy_j === undefined)
    return undefined;
  const decides = energy_j / energyModel.power_w < latency_s ? "energy" : "latency";
  return `Energy is modelled as time x ${energyModel.power_w} W, so the two budgets are one: the ${decides} budget is the tighter`;
}

function costModel(table: EnergyTable, costs: CostTable, { cost }: SearchFlags): CostModel {
  if (cost === "table") return costModelOf(costs);
  const { platform, summary, source } = costs;
  const measured = measuredNetworks(table, platform.id, summary.space);
  return macsCostModel(
    measured.map(({ network, latency_s }) => ({
      network,
      latency_s,
      ...energyOf(network, costs),
    })),
    source,
  );
}

/** What the table says; nothing where it does not know every kernel. */
function energyOf(network: Network, costs: CostTable): { readonly energy_j?: number } {
  if (!kernelsOf(network).every(({ kernel }) => costs.tryCost(kernel))) return {};
  const { energy_j } = costs.networkCost(network);
  return energy_j === undefined ? {} : { energy_j };
}
