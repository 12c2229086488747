import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CostTable } from "../../../energy-db/index.ts";
import { planProfile } from "../../../profiler/index.ts";
import {
  type Budget,
  recipes,
  type SearchData,
  trainUniform,
  uniformNetwork,
  uniformWidths,
} from "../../../search/index.ts";
import { UserError } from "../../errors.ts";
import { networkMacs, networkParameters } from "../../network/costs.ts";
import { initialWeights } from "../../network/initial-weights.ts";
import type { Network } from "../../network/network.ts";
import { presets } from "../../network/presets.ts";
import { searchStart } from "../../network/search-start.ts";
import { progressOf } from "../../progress.ts";
import { seededRandom } from "../../random.ts";
import { createEngine, type Engine } from "../../tensor/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../units.ts";
import type { CommandContext } from "../context.ts";
import { costModelOf, costsOf, withTable } from "../open-costs.ts";
import { outcomeText, runProfile } from "./profile-run.ts";
import { searchReport } from "./report-data.ts";
import {
  type FinishedSearch,
  type ReferenceRecord,
  readDocument,
  readFound,
  searchFile,
  type VerificationRecord,
  writeDocument,
} from "./search-folder.ts";
import { runSearch, searchData, withMargin } from "./search-run.ts";
import { runVerify } from "./verify-run.ts";
import { writeReport } from "./write-report.ts";

export interface QuickstartFlags {
  readonly out: string;
  readonly budget: number;
  readonly assumePower: number;
  readonly seed: number;
  readonly json?: boolean;
}

const net = "mnist-cnn";
/** Of the reference's widths, beside the one that fits. */
const comparedMultipliers = [0.25, 1];
const reference = presets[net].build({ multiplier: 1 });
const target = { device: "local", runtime: "ort-cpu", threads: 1 };
const recipe = recipes.quick;
/** Kept of every budget for the table's error: its held-out error, within reason. */
const leastMargin = 0.02;
const mostMargin = 0.1;

/** Profile, search under a budget, verify, report. Run again after an interruption, every part goes on. */
export async function runQuickstart(
  flags: QuickstartFlags,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const folder = flags.out;
  mkdirSync(folder, { recursive: true });
  const db = join(folder, "energy.db");
  await profileThisMachine(db, flags, context);
  await withTable(db, (table) => {
    const costs = costsOf(table, target, { space: net });
    terminal.note(energyText(costs, flags));
    return searchOnce(folder, costs, flags, context);
  });
  await verifyAll(folder, db, flags, context);
  const report = await withTable(db, (table) =>
    writeReport(searchFile(folder, "report"), searchReport(folder, table)),
  );
  summarize(folder, report, flags, context);
}

async function profileThisMachine(
  db: string,
  { seed, assumePower }: QuickstartFlags,
  context: CommandContext,
): Promise<void> {
  const { space, network, caps } = searchStart(net);
  const plan = planProfile({
    name: space,
    network,
    caps,
    seed,
    levelsPerGroup: 6,
    heldOutNetworks: 12,
  });
  context.terminal.note(`1/4 Profiling this machine: ${plan.networks.length} networks`);
  const outcome = await runProfile({ ...target, context, plan, db, meter: "auto", assumePower });
  context.signal.throwIfAborted();
  context.terminal.note(outcomeText(outcome));
}

function energyText({ energyModel }: CostTable, { assumePower }: QuickstartFlags): string {
  return energyModel?.provenance === "modelled"
    ? `Energy: no meter works here, so energy is modelled as time x ${assumePower} W; --assume-power WATTS changes that`
    : `Energy: ${energyModel?.provenance} by ${energyModel?.source}`;
}

async function searchOnce(
  folder: string,
  costs: CostTable,
  flags: QuickstartFlags,
  context: CommandContext,
): Promise<void> {
  const { terminal } = context;
  const start = searchStart(net);
  const data = await searchData("mnist", start.network.input, flags.seed);
  const engine = await createEngine();
  try {
    if (!existsSync(searchFile(folder, "history"))) {
      const { budget, margin } = budgetOf(costs, flags);
      terminal.note(`2/4 Searching within ${budgetText(budget, flags)}`);
      writeDocument(folder, "run", {
        ...target,
        command: `wattsplit ${context.args.join(" ")}`,
        toolVersion: context.version,
        generatedAt: new Date().toISOString(),
        db: resolve(folder, "energy.db"),
        space: net,
        budget,
        margin,
        budgetReference: referenceText(flags),
      });
      await runSearch({
        context,
        method: "splitting",
        start,
        data,
        costs: costModelOf(costs),
        budget: withMargin(budget, margin),
        recipe,
        engine,
        seed: flags.seed,
        folder,
      });
    }
    await trainReferences(folder, { costs, data, engine, flags, context });
  } finally {
    await engine.close();
  }
}

/** Latency and energy of the reference network times the fraction asked for. */
function budgetOf(costs: CostTable, { budget: share }: QuickstartFlags) {
  const { latency_s, energy_j } = costs.networkCost(reference);
  const error = costs.calibration?.p90Error ?? mostMargin;
  return {
    budget: {
      latency_s: share * latency_s,
      ...(energy_j === undefined ? {} : { energy_j: share * energy_j }),
    },
    margin: Math.min(mostMargin, Math.max(leastMargin, error)),
  };
}

const referenceText = ({ budget }: QuickstartFlags): string =>
  `${budget} of the uniform reference network ${widthText(reference)}`;

const widthText = (network: Network): string =>
  network.layers.flatMap((layer) => (layer.kind === "conv2d" ? [layer.width] : [])).join("-");

const budgetText = ({ latency_s, energy_j }: Budget, flags: QuickstartFlags): string =>
  `${formatSeconds(latency_s ?? 0)}${energy_j === undefined ? "" : ` and ${formatJoules(energy_j)}`} ` +
  `(${referenceText(flags)})`;

interface ReferenceWork {
  readonly costs: CostTable;
  readonly data: SearchData;
  readonly engine: Engine;
  readonly flags: QuickstartFlags;
  readonly context: CommandContext;
}

interface Reference {
  readonly label: string;
  readonly network: Network;
}

/** Uniform-width networks to compare with: the widest that fits the budget, and others around it. */
function referenceNetworks({ history }: FinishedSearch, costs: CostTable): readonly Reference[] {
  const fitting = uniformWidths({ reference, costs: costModelOf(costs), budget: history.budget });
  const others = comparedMultipliers.filter(
    (multiplier) => Math.abs(multiplier - fitting.multiplier) > 0.05,
  );
  return [fitting.multiplier, ...others].map((multiplier) => {
    const network = uniformNetwork(reference, multiplier);
    return { label: `uniform x${Number(multiplier.toFixed(2))} (${widthText(network)})`, network };
  });
}

async function trainReferences(folder: string, work: ReferenceWork): Promise<void> {
  const { costs, data, engine, flags, context } = work;
  const { terminal, signal } = context;
  const known = [...(readDocument(folder, "references") ?? [])];
  terminal.note("3/4 Training uniform-width networks to compare with");
  const found = readFound(folder);
  const epochs = found.history.rounds.reduce((sum, round) => sum + round.epochs, 0);
  for (const { label, network } of referenceNetworks(found, costs)) {
    if (known.some((record) => record.label === label)) continue;
    const started_s = performance.now() / 1000;
    const trained = await trainUniform(network, {
      engine,
      data,
      recipe,
      epochs,
      seed: flags.seed,
      weights: initialWeights(network, seededRandom(flags.seed)),
      signal,
      onStep: (done) => {
        const elapsed_s = performance.now() / 1000 - started_s;
        terminal.progress(progressOf(`${label}, epochs`, { done, total: epochs, elapsed_s }));
      },
    });
    const cost = costs.networkCost(network);
    known.push({
      label,
      accuracy: trained.test.accuracy,
      validationAccuracy: trained.validation.accuracy,
      latency_s: cost.latency_s,
      ...(cost.energy_j === undefined ? {} : { energy_j: cost.energy_j }),
      macs: networkMacs(network),
      parameters: networkParameters(network),
    });
    writeDocument(folder, "references", known);
  }
}

/** Found and uniform networks in one go, so that the same machine state judges all of them. */
async function verifyAll(
  folder: string,
  db: string,
  flags: QuickstartFlags,
  context: CommandContext,
): Promise<void> {
  context.terminal.note("4/4 Measuring the networks on the device");
  const found = readFound(folder);
  const { network, weights, run } = found;
  const references = await withTable(db, (table) =>
    referenceNetworks(found, costsOf(table, target, { space: net })),
  );
  const [own, ...others] = await runVerify(
    { ...target, context, db, meter: "auto", space: run.space, seed: flags.seed },
    [{ label: `the found network (${widthText(network)})`, network, weights }, ...references],
  );
  if (!own) throw new Error("Verification returned nothing");
  writeDocument(folder, "verification", own);
  const times = new Map(references.map(({ label }, i) => [label, others[i]?.measured]));
  const known = readDocument(folder, "references") ?? [];
  const timed = known.map((record): ReferenceRecord => {
    const measured = times.get(record.label);
    return measured ? { ...record, measured } : record;
  });
  writeDocument(folder, "references", timed);
}

function summarize(
  folder: string,
  report: string,
  flags: QuickstartFlags,
  { terminal }: CommandContext,
): void {
  const { history, network, run } = readFound(folder);
  const verification = readDocument(folder, "verification");
  const references = readDocument(folder, "references") ?? [];
  const full = references.find(({ label }) => label.includes(widthText(reference)))?.measured;
  if (!verification || !full) throw new Error("The verification is incomplete");
  const share = verification.measured.latency_s / full.latency_s;
  const meets = share <= flags.budget;
  if (flags.json) terminal.answerJson({ report, share, meets, verification, references, history });
  else
    terminal.answer(
      summaryText({
        widths: widthText(network),
        history,
        verification,
        references,
        share,
        flags,
        report,
      }),
    );
  if (!meets)
    throw new UserError(
      `The measured latency is ${formatPercent(share)} of the reference's, the budget ${formatPercent(flags.budget)}`,
      {
        hint: `The table predicted ${formatSeconds(verification.predicted_s)} within a margin of ${formatPercent(run.margin)}: measure again on a quieter machine.`,
        exit: "budget",
      },
    );
}

interface Summary {
  readonly widths: string;
  readonly history: ReturnType<typeof readFound>["history"];
  readonly verification: VerificationRecord;
  readonly references: readonly ReferenceRecord[];
  readonly share: number;
  readonly flags: QuickstartFlags;
  readonly report: string;
}

function summaryText(summary: Summary): string {
  const { widths, history, verification, references, share, flags, report } = summary;
  const { measured, predicted_s, error } = verification;
  return [
    `Found network   widths ${widths}, MNIST test accuracy ${formatPercent(history.test?.accuracy ?? 0)}`,
    `Latency         ${formatSeconds(measured.latency_s)} measured, ${formatPercent(share)} of the reference's ` +
      `(budget ${formatPercent(flags.budget)}); predicted ${formatSeconds(predicted_s)}, error ${formatPercent(error)}`,
    ...references.map(
      ({ label, accuracy, measured: time }) =>
        `Compared with   ${label}: accuracy ${formatPercent(accuracy)}, ${formatSeconds(time?.latency_s ?? Number.NaN)} measured`,
    ),
    `Report          ${resolve(report)}`,
  ].join("\n");
}
