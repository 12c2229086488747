import { Command, Option } from "commander";
import type { CostTable } from "../../../../energy-db/index.ts";
import { layerShares, renderFigure } from "../../../figures/index.ts";
import { importModel } from "../../../network/import/index.ts";
import { formatCount, formatPercent } from "../../../units.ts";
import {
  describeStep,
  estimateModel,
  type ModelReport,
  modelDocument,
  platformInPrecision,
  precisionNote,
  shareRows,
} from "../../workflows/estimate-model.ts";
import {
  everyCostsOf,
  platformsThat,
  type TableFlags,
  withTable,
} from "../../workflows/open-costs.ts";
import { writePage } from "../../workflows/write-report.ts";
import type { CommandContext } from "../context.ts";
import { callRow, costText, layerColumns } from "../cost-text.ts";
import { count, shared } from "../options.ts";
import { formatTable } from "../table-text.ts";
import type { Terminal } from "../terminal.ts";
import { shapeOption } from "./query-network.ts";

interface EstimateFlags extends TableFlags {
  readonly output?: string;
  readonly json?: boolean;
}

const figureOf = (report: ModelReport): string => renderFigure(layerShares(shareRows(report)));

export function estimateCommand({ terminal }: CommandContext): Command {
  return new Command("estimate")
    .description("cost of any ONNX model on a device, layer by layer, without running it")
    .argument("<model>", "ONNX file, float32 or quantised (QDQ), opset 9 or newer")
    .addOption(shared.db())
    .addOption(shared.device())
    .addOption(shared.platform())
    .option("--runtime <id>", "needed where the table has several")
    .addOption(new Option("--threads <n>", "needed where the table has several").argParser(count))
    .addOption(shapeOption())
    .option("-o, --output <file>", "draw the layers' shares as SVG; - for standard output")
    .addOption(shared.json())
    .action(async (path: string, flags: EstimateFlags) => {
      const model = importModel(path);
      await withTable(flags.db, async (table) => {
        const matching = platformsThat(table, flags);
        const own = platformInPrecision(matching, model);
        const tables = await everyCostsOf(table, own ? { ...flags, platform: own.id } : flags);
        const report = estimateModel(model, tables);
        answer(terminal, flags, report, tables[0]);
      });
    });
}

function answer(
  terminal: Terminal,
  { output, json }: EstimateFlags,
  report: ModelReport,
  costs: CostTable,
): void {
  if (output !== undefined && output !== "-") writePage(output, figureOf(report));
  if (json) terminal.answerJson(modelDocument(report, costs));
  else if (output === "-") terminal.answer(figureOf(report));
  else terminal.answer(reportText(report, costs));
}

function reportText(report: ModelReport, costs: CostTable): string {
  const { model, estimate, guessed } = report;
  const { energy_j } = costs.overhead;
  const note = precisionNote(report, costs);
  const rows = [
    ...model.steps.flatMap((step, i) => {
      const own = estimate.steps[i];
      return own ? [{ layer: step.name, kernel: describeStep(step, own), ...own.cost }] : [];
    }),
    callRow({ latency_s: estimate.overhead_s, energy_j }),
  ];
  const macs = model.steps.reduce((sum, { work }) => sum + work.macs, 0);
  return [
    formatTable(layerColumns(estimate.latency_s), rows),
    `${model.name || "model"}: ${costText(estimate)}`,
    `${formatCount(macs)} multiply-accumulates in ${model.steps.length} steps`,
    ...(note === undefined ? [] : [note]),
    ...guessedText(estimate.guessedShare, guessed),
  ].join("\n");
}

/** Which operators the table does not know, and how much that matters. */
function guessedText(guessedShare: number, guessed: ModelReport["guessed"]): readonly string[] {
  if (guessed.length === 0) return ["Every step is a measured kernel's"];
  const listed = guessed.map(
    ({ op, steps, reason, macsShare, latencyShare }) =>
      `  ${op} x${steps}: ${reason}; ${formatPercent(macsShare)} of the MACs, ${formatPercent(latencyShare)} of the time`,
  );
  return [
    `${formatPercent(guessedShare)} of the time is predicted from work alone (MACs, bytes):`,
    ...listed,
  ];
}
