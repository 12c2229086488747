import { Command } from "commander";
import { UserError } from "../../errors.ts";
import { formatPercent, formatSeconds } from "../../units.ts";
import type { CommandContext } from "../context.ts";
import { withTable } from "../open-costs.ts";
import { shared } from "../options.ts";
import { formatTable } from "../table-text.ts";
import { searchReport } from "../workflow/report-data.ts";
import {
  type RunRecord,
  readFound,
  requireModel,
  searchFile,
  type VerificationRecord,
  writeDocument,
} from "../workflow/search-folder.ts";
import { runVerify } from "../workflow/verify-run.ts";
import { writeReport } from "../workflow/write-report.ts";

interface VerifyFlags {
  readonly device?: string;
  readonly db?: string;
  readonly meter: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function verifyCommand(context: CommandContext): Command {
  return new Command("verify")
    .description("measure a found network on its device and compare with the table, layer by layer")
    .argument("<dir>", "the --out folder of a search")
    .option("--device <id>", "the device (default: the search's)")
    .option("--db <file>", "the table (default: the search's); gains the new rows")
    .addOption(shared.meter())
    .option("--strict", "exit 5 when the measured network exceeds its budget")
    .addOption(shared.json())
    .action((folder: string, flags: VerifyFlags) => runVerifyCommand(folder, flags, context));
}

async function runVerifyCommand(
  folder: string,
  flags: VerifyFlags,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const found = readFound(folder);
  requireModel(folder, found);
  const { network, weights, run, history } = found;
  const db = flags.db ?? run.db;
  const target = { ...run, db, device: flags.device ?? run.device, meter: flags.meter };
  const [record] = await runVerify({ ...target, context, seed: history.seed }, [
    { label: network.name, network, weights },
  ]);
  if (!record) throw new Error("Verification returned nothing");
  writeDocument(folder, "verification", record);
  await withTable(db, (table) =>
    writeReport(searchFile(folder, "report"), searchReport(folder, table)),
  );
  if (flags.json) terminal.answerJson(record);
  else terminal.answer(verificationText(record));
  const problem = exceeded(record, run);
  if (problem && flags.strict)
    throw new UserError(problem, {
      hint: "Search again with a larger --margin, or raise the budget.",
      exit: "budget",
    });
  if (problem) terminal.warn(problem);
}

/** What the measured network exceeds of its budget, in words. */
export function exceeded(
  { measured, energy_j }: VerificationRecord,
  { budget }: Pick<RunRecord, "budget">,
): string | undefined {
  if (budget.latency_s !== undefined && measured.latency_s > budget.latency_s)
    return (
      `Measured latency ${formatSeconds(measured.latency_s)} exceeds the budget of ` +
      formatSeconds(budget.latency_s)
    );
  if (budget.energy_j !== undefined && (energy_j ?? 0) > budget.energy_j)
    return `Measured energy ${energy_j} J exceeds the budget of ${budget.energy_j} J`;
  return undefined;
}

/** Layer by layer and in sum. */
export function verificationText({
  layers,
  predicted_s,
  measured,
  error,
}: VerificationRecord): string {
  const table = formatTable(
    [
      { title: "layer", of: ({ layer }) => layer },
      { title: "predicted us", of: (layer) => 1e6 * layer.predicted_s },
      { title: "measured us", of: (layer) => 1e6 * layer.measured_s },
      { title: "error %", of: (layer) => 100 * (layer.predicted_s / layer.measured_s - 1) },
      { title: "prediction is", of: ({ provenance }) => provenance },
    ],
    layers,
  );
  return (
    `${table}\nwhole network: predicted ${formatSeconds(predicted_s)}, measured ` +
    `${formatSeconds(measured.latency_s)}, error ${formatPercent(error)}`
  );
}
