import { Command, Option } from "commander";
import { importModel } from "../../../network/import/index.ts";
import { formatCount, formatPercent } from "../../../units.ts";
import {
  describeStep,
  estimateModel,
  type ModelReport,
  modelDocument,
  platformInPrecision,
} from "../../workflows/estimate-model.ts";
import {
  everyCostsOf,
  platformsThat,
  type TableFlags,
  withTable,
} from "../../workflows/open-costs.ts";
import type { CommandContext } from "../context.ts";
import { callRow, costText, layerColumns } from "../cost-text.ts";
import { count, shared } from "../options.ts";
import { formatTable } from "../table-text.ts";
import { shapeOption } from "./query-network.ts";

interface EstimateFlags extends TableFlags {
  readonly json?: boolean;
}

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
    .addOption(shared.json())
    .action(async (path: string, flags: EstimateFlags) => {
      const model = importModel(path);
      await withTable(flags.db, async (table) => {
        const matching = platformsThat(table, flags);
        const own = platformInPrecision(matching, model);
        const tables = await everyCostsOf(table, own ? { ...flags, platform: own.id } : flags);
        const report = estimateModel(model, tables);
        const source = tables[0]?.source ?? "";
        if (flags.json) terminal.answerJson(modelDocument(report, source));
        else terminal.answer(reportText(report, tables[0]?.overhead.energy_j));
      });
    });
}

function reportText(
  { model, estimate, guessed }: ModelReport,
  energy_j: number | undefined,
): string {
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
