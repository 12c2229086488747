import { resolve } from "node:path";
import { Command, Option } from "commander";
import type { CostTable, NetworkCost } from "../../../energy-db/index.ts";
import {
  type Budget,
  type CostModel,
  type FoundNetwork,
  findMethod,
  findRecipe,
  macsCostModel,
  type Recipe,
} from "../../../search/index.ts";
import { UserError } from "../../errors.ts";
import { makeFolder } from "../../folder.ts";
import { type SearchStart, searchStart } from "../../network/search-start.ts";
import { type BackendName, createEngine } from "../../tensor/index.ts";
import { formatPercent, formatSeconds } from "../../units.ts";
import type { CommandContext } from "../context.ts";
import { costModelOf, costsOf, type TableFlags, withTable } from "../open-costs.ts";
import { count, fraction, positive, shared } from "../options.ts";
import { searchReport } from "../workflow/report-data.ts";
import { type RunRecord, searchFile, writeDocument } from "../workflow/search-folder.ts";
import { checkFolder, runSearch, searchData } from "../workflow/search-run.ts";
import { loweredCaps, withinTable } from "../workflow/table-widths.ts";
import { writeReport } from "../workflow/write-report.ts";

interface SearchFlags extends TableFlags {
  readonly net: string;
  readonly data: string;
  readonly energyMj?: number;
  readonly latencyMs?: number;
  readonly macs?: number;
  readonly parameters?: number;
  readonly margin?: number;
  readonly method: string;
  readonly recipe: string;
  readonly cost: "table" | "macs";
  readonly learningRate?: number;
  readonly backend: BackendName | "auto";
  readonly trainThreads?: number;
  readonly out: string;
  readonly resume?: boolean;
  readonly seed: number;
  readonly json?: boolean;
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

export function searchCommand(context: CommandContext): Command {
  return new Command("search")
    .description("grow the best network that fits a budget on a device")
    .requiredOption("--net <name>", "preset or network.json to grow from")
    .requiredOption("--data <set>", "data set to train on")
    .requiredOption(
      "--out <dir>",
      "folder for network.json, network.onnx, history.json, report.html",
    )
    .addOption(shared.db())
    .addOption(shared.device())
    .option("--runtime <id>", "needed where the table has several")
    .addOption(new Option("--threads <n>", "threads of the platform searched for").argParser(count))
    .addOption(new Option("--energy-mj <mJ>", "energy budget per inference").argParser(positive))
    .addOption(new Option("--latency-ms <ms>", "latency budget per inference").argParser(positive))
    .addOption(new Option("--macs <n>", "budget of multiply-accumulates").argParser(positive))
    .addOption(new Option("--parameters <n>", "budget of parameters").argParser(positive))
    .addOption(
      new Option(
        "--margin <fraction>",
        "part of the budget kept for prediction error (default: the table's own held-out error)",
      ).argParser(fraction),
    )
    .addOption(new Option("--method <name>", "search method").default("splitting"))
    .addOption(new Option("--recipe <name>", "quick, standard or paper").default("standard"))
    .addOption(
      new Option("--cost <source>", "table, or macs to search by a FLOP proxy")
        .choices(["table", "macs"])
        .default("table"),
    )
    .addOption(new Option("--learning-rate <rate>", "peak of the schedule").argParser(positive))
    .addOption(backendOption())
    .addOption(new Option("--train-threads <n>", "threads of training").argParser(count))
    .option("--resume", "go on with the search in --out")
    .addOption(shared.seed())
    .addOption(shared.json())
    .action((flags: SearchFlags) => runSearchCommand(flags, context));
}

async function runSearchCommand(flags: SearchFlags, context: CommandContext): Promise<void> {
  const method = findMethod(flags.method);
  const recipe = recipeOf(flags);
  const wanted = searchStart(flags.net);
  const asked = budgetOf(flags);
  checkFolder(flags.out, { resume: flags.resume ?? false });
  const data = await searchData(flags.data, wanted.network.input, flags.seed);
  await withTable(flags.db, async (table) => {
    const costs = costsOf(table, flags, { space: wanted.space });
    const start = withinTable(wanted, costs);
    const lowered = loweredCaps(wanted, start);
    if (lowered) context.terminal.warn(lowered);
    const margin = flags.margin ?? Math.min(0.1, costs.summary.p90Error ?? 0);
    context.terminal.note(
      `Costs: ${costs.source}; ${formatPercent(margin)} of each budget is kept for their error`,
    );
    makeFolder(flags.out);
    writeDocument(flags.out, "run", runRecord(flags, context, { costs, start, asked, margin }));
    const threads = flags.trainThreads ? { threads: flags.trainThreads } : {};
    const engine = await createEngine({ backend: flags.backend, ...threads });
    try {
      const found = await runSearch({
        context,
        method,
        start,
        data,
        costs: costModel(costModelOf(costs), flags, start.network),
        budget: asked,
        margin,
        granularity: costs.alignment,
        recipe,
        engine,
        seed: flags.seed,
        folder: flags.out,
      });
      const report = writeReport(searchFile(flags.out, "report"), searchReport(flags.out, table));
      answer(found, costs.networkCost(found.network), { flags, context, report });
    } finally {
      await engine.close();
    }
  });
}

function runRecord(
  flags: SearchFlags,
  { args, version }: CommandContext,
  search: {
    readonly costs: CostTable;
    readonly start: SearchStart;
    readonly asked: Budget;
    readonly margin: number;
  },
): RunRecord {
  const { costs, start, asked, margin } = search;
  return {
    command: `wattsplit ${args.join(" ")}`,
    toolVersion: version,
    generatedAt: new Date().toISOString(),
    db: resolve(flags.db),
    device: flags.device,
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

function recipeOf({ recipe, learningRate }: SearchFlags): Recipe {
  const found = findRecipe(recipe);
  return learningRate ? { ...found, learningRate } : found;
}

/** Budgets of the flags in SI; at least one is needed. */
function budgetOf({ energyMj, latencyMs, macs, parameters }: SearchFlags): Budget {
  const budget: Budget = {
    ...(latencyMs ? { latency_s: latencyMs / 1e3 } : {}),
    ...(energyMj ? { energy_j: energyMj / 1e3 } : {}),
    ...(macs ? { macs } : {}),
    ...(parameters ? { parameters } : {}),
  };
  if (Object.keys(budget).length === 0)
    throw new UserError("No budget given", {
      hint: "Give --latency-ms, --energy-mj, --macs or --parameters, one or several.",
      exit: "usage",
    });
  return budget;
}

const costModel = (
  table: CostModel,
  { cost }: SearchFlags,
  network: Parameters<typeof macsCostModel>[1],
): CostModel => (cost === "macs" ? macsCostModel(table, network) : table);
