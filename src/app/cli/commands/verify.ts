import { Command, Option } from "commander";
import type { Precision } from "../../../../devices/index.ts";
import { UserError } from "../../../errors.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../../units.ts";
import { energyBasis, type Judgement, judgeBudget } from "../../workflows/judge-budget.ts";
import { type NetworkFlags, namedNetworks } from "../../workflows/networks-named.ts";
import { withTable } from "../../workflows/open-costs.ts";
import { searchReport } from "../../workflows/report-search.ts";
import {
  readFound,
  requireModel,
  searchFile,
  type VerificationRecord,
  writeVerification,
} from "../../workflows/search-folder.ts";
import {
  readTextSearch,
  type StepVerification,
  type TextSearchDocument,
} from "../../workflows/text-search-folder.ts";
import { heldOutNetworks, runVerify } from "../../workflows/verify-run.ts";
import { verifyTextSearch } from "../../workflows/verify-text.ts";
import { writeReport } from "../../workflows/write-report.ts";
import type { CommandContext } from "../context.ts";
import { positive, shared } from "../options.ts";
import { formatTable } from "../table-text.ts";

interface VerifyFlags extends Partial<NetworkFlags> {
  readonly heldOut?: boolean;
  readonly platform?: number;
  readonly space?: string;
  readonly device?: string;
  readonly db?: string;
  readonly runtime?: string | undefined;
  readonly precision?: Precision;
  readonly runner?: string;
  readonly threads: number;
  readonly meter: string;
  readonly patience?: number;
  readonly seed: number;
  readonly sustained?: boolean;
  readonly allowConditions?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** What a network's record is printed under. */
type NamedRecord = VerificationRecord & { readonly network: string };

export function verifyCommand(context: CommandContext): Command {
  return new Command("verify")
    .description(
      "measure networks on a device and compare with the table, layer by layer: a search's, or any with --net",
    )
    .argument("[dir]", "the --out folder of a search")
    .option("--net <names...>", "instead: presets or network.json files, measured together")
    .addOption(
      new Option(
        "--multiplier <factors...>",
        "with --net: width multipliers of the presets",
      ).argParser((text: string, before: readonly number[] = []) => [...before, positive(text)]),
    )
    .option(
      "--widths <lists...>",
      "with --net: widths of the presets' groups, for example 8-16-24x6-32",
    )
    .option("--held-out", "instead: the table's held-out networks once more, in a new session")
    .addOption(shared.platform())
    .option("--space <name>", "with --net: whose costs to compare with (default: the newest)")
    .option("--device <id>", "the device (default: the search's, else local)")
    .option("--db <file>", "the table (default: the search's, else energy.db); gains the new rows")
    .addOption(shared.runtime())
    .addOption(shared.precision())
    .addOption(shared.runner())
    .addOption(shared.threads())
    .addOption(shared.meter())
    .addOption(shared.patience())
    .addOption(shared.sustained())
    .addOption(shared.allowConditions())
    .addOption(shared.seed())
    .option("--strict", "exit 5 when the measured network exceeds its budget")
    .addOption(shared.json())
    .action((folder: string | undefined, flags: VerifyFlags) =>
      folder === undefined ? verifyNamed(flags, context) : verifyFound(folder, flags, context),
    );
}

async function verifyNamed(flags: VerifyFlags, context: CommandContext): Promise<void> {
  const { net, heldOut, db = "energy.db", device = "local", ...rest } = flags;
  if ((net === undefined) === (heldOut === undefined))
    throw new UserError("verify needs a search's folder, --net or --held-out, and one only", {
      hint: "For example: verify found, or verify --net mnist-cnn --multiplier 0.5 --db energy.db",
      exit: "usage",
    });
  const networks = net
    ? namedNetworks({ ...rest, net })
    : await withTable(db, (table) => heldOutNetworks(table, { ...rest, device }));
  const records = await runVerify({ ...rest, context, db, device }, networks);
  const rows = records.map(
    (record, i): NamedRecord => ({
      network: networks[i]?.label ?? "",
      ...record,
    }),
  );
  if (flags.json) context.terminal.answerJson({ rows });
  else context.terminal.answer(namedText(rows));
}

/** One step of a recurrent cell's model. */
async function verifyCell(
  folder: string,
  { found: { predicted }, latencyLimit_s, energyLimit_j }: TextSearchDocument,
  flags: VerifyFlags,
  context: CommandContext,
): Promise<void> {
  const { device = "local", runtime, threads, patience, allowConditions } = flags;
  const asked = { device, runtime, threads, patience, allowConditions };
  const record = await verifyTextSearch({ ...asked, context, folder });
  const { measured } = record;
  if (flags.json) context.terminal.answerJson(record);
  else
    context.terminal.answer(
      `One word takes ${secondsText(measured)} on ${device}, ` +
        (predicted
          ? `${secondsText(predicted)} predicted.`
          : "of which nothing was predicted: the search was given no table."),
    );
  const budget = {
    ...(latencyLimit_s === undefined ? {} : { latency_s: latencyLimit_s }),
    ...(energyLimit_j === undefined ? {} : { energy_j: energyLimit_j }),
  };
  tellJudgement(judgeBudget({ measured }, budget), flags, context);
}

const secondsText = ({ latency_s, low_s, high_s }: StepVerification["measured"]): string =>
  `${formatSeconds(latency_s)} (${formatSeconds(low_s)} to ${formatSeconds(high_s)})`;

async function verifyFound(
  folder: string,
  flags: VerifyFlags,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const cell = readTextSearch(folder);
  if (cell) return verifyCell(folder, cell.document, flags, context);
  const found = readFound(folder);
  requireModel(folder, found);
  const { network, weights, run, history } = found;
  const db = flags.db ?? run.db;
  const { meter, patience, device = run.device, sustained, allowConditions } = flags;
  const { precision, runner } = flags;
  const asked = { meter, patience, sustained, allowConditions, precision, runner };
  const target = { ...run, db, device, ...asked };
  const [measured] = await runVerify({ ...target, context, seed: history.seed }, [
    { label: network.name, network, weights },
  ]);
  if (!measured) throw new Error("Verification returned nothing");
  const record = writeVerification(folder, measured);
  await withTable(db, (table) =>
    writeReport(searchFile(folder, "report"), searchReport(folder, table)),
  );
  if (flags.json) terminal.answerJson(record);
  else terminal.answer(verificationText(record));
  tellJudgement(judgeBudget(record, run.budget), flags, context);
}

function tellJudgement(
  { missed, unjudged }: Judgement,
  flags: VerifyFlags,
  context: CommandContext,
): void {
  for (const sentence of unjudged) context.terminal.warn(sentence);
  if (missed.length > 0 && flags.strict)
    throw new UserError(missed.join("; "), {
      hint: "Search again with a larger --margin, or raise the budget.",
      exit: "budget",
    });
  for (const sentence of missed) context.terminal.warn(sentence);
}

/** Several networks, a row each. */
const namedText = (rows: readonly NamedRecord[]): string =>
  formatTable(
    [
      { title: "network", of: ({ network }) => network },
      { title: "predicted us", of: ({ predicted_s }) => 1e6 * predicted_s },
      { title: "95 % low", of: ({ low_s }) => 1e6 * low_s },
      { title: "95 % high", of: ({ high_s }) => 1e6 * high_s },
      { title: "measured us", of: ({ measured }) => 1e6 * measured.latency_s },
      {
        title: "+- %",
        of: ({ measured }) => (50 * (measured.high_s - measured.low_s)) / measured.latency_s,
      },
      { title: "error %", of: ({ error }) => 100 * error },
      {
        title: "at table's speed us",
        of: ({ atTableSpeed }) => atTableSpeed && 1e6 * atTableSpeed.latency_s,
      },
      { title: "error % then", of: ({ atTableSpeed }) => atTableSpeed && 100 * atTableSpeed.error },
      { title: "typical us", of: ({ typical_s }) => typical_s && 1e6 * typical_s },
      { title: "energy uJ", of: ({ energy }) => energy && 1e6 * energy.energy_j },
      {
        title: "net uJ",
        of: ({ energy }) => energy?.net && 1e6 * energy.net.energy_j,
        optional: true,
      },
      { title: "energy is", of: ({ energy }) => energy?.provenance },
      { title: "flags", of: ({ flags }) => flags.join(" ") },
    ],
    rows,
  );

/** Layer by layer and in sum. */
export function verificationText(record: VerificationRecord): string {
  const { layers, attempt, predicted_s, low_s, high_s, measured, typical_s, error, energy } =
    record;
  const { atTableSpeed } = record;
  const table = formatTable(
    [
      { title: "layer", of: ({ layer }) => layer },
      { title: "predicted us", of: (layer) => 1e6 * layer.predicted_s },
      { title: "measured us", of: (layer) => 1e6 * layer.measured_s },
      {
        title: "error %",
        of: (layer) =>
          layer.belowResolution ? undefined : 100 * (layer.predicted_s / layer.measured_s - 1),
      },
      {
        title: "width is",
        of: ({ isMeasuredWidth }) => (isMeasuredWidth ? "measured" : "between"),
      },
    ],
    layers,
  );
  return [
    table,
    `whole network: predicted ${formatSeconds(predicted_s)} (${formatSeconds(low_s)} to ${formatSeconds(high_s)}), measured ` +
      `${formatSeconds(measured.latency_s)} (${formatSeconds(measured.low_s)} to ${formatSeconds(measured.high_s)}), error ${formatPercent(error)}`,
    ...(atTableSpeed
      ? [
          `at the table's speed, by the canary beside it: ${formatSeconds(atTableSpeed.latency_s)} ` +
            `(${formatSeconds(atTableSpeed.low_s)} to ${formatSeconds(atTableSpeed.high_s)}), error ${formatPercent(atTableSpeed.error)}`,
        ]
      : []),
    ...(typical_s === undefined
      ? []
      : [`typical, disturbed moments included: ${formatSeconds(typical_s)}`]),
    ...(attempt > 1 ? [`verified ${attempt} times so far`] : []),
    ...(energy ? energyLines(record, energy) : []),
  ].join("\n");
}

/** Gross, and net of idle power where that was metered; predicted beside verified. */
function energyLines(
  { predicted_j, predictedNet_j }: VerificationRecord,
  energy: NonNullable<VerificationRecord["energy"]>,
): readonly string[] {
  const promise = (predicted?: number) =>
    predicted === undefined ? "" : `predicted ${formatJoules(predicted)}, `;
  const verified = ({
    energy_j,
    low_j,
    high_j,
  }: Pick<typeof energy, "energy_j" | "low_j" | "high_j">) =>
    `verified ${formatJoules(energy_j)} (${formatJoules(low_j)} to ${formatJoules(high_j)})`;
  return [
    `energy, gross: ${promise(predicted_j)}${verified(energy)}, ${energyBasis(energy)}`,
    ...(energy.net
      ? [`energy, net of idle: ${promise(predictedNet_j)}${verified(energy.net)}`]
      : []),
  ];
}
