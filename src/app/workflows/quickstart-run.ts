import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { CostTable } from "../../../energy-db/index.ts";
import { type Budget, findMethod, type SearchData } from "../../../search/index.ts";
import { UserError } from "../../errors.ts";
import { makeFolder } from "../../folder.ts";
import { presets } from "../../network/presets.ts";
import { searchStart } from "../../network/search-start.ts";
import { createEngine, type Engine } from "../../tensor/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../units.ts";
import { budgetMargin } from "./budget-margin.ts";
import { confirmOnDevice } from "./confirm-finalists.ts";
import { energyBasis } from "./judge-budget.ts";
import { costModelOf, costsOf, withTable } from "./open-costs.ts";
import { outcomeText, runProfile } from "./profile-run.ts";
import {
  quickstartNet as net,
  type QuickstartSize,
  quickstartPlan,
  quickstartSizes,
} from "./quickstart-size.ts";
import { type QuickstartResult, quickstartResult } from "./quickstart-summary.ts";
import { type Reference, referenceNetworks, trainReferences, widthText } from "./references.ts";
import { searchReport } from "./report-search.ts";
import {
  type ReferenceRecord,
  readDocument,
  readFound,
  searchFile,
  type VerificationRecord,
  writeDocument,
  writeVerification,
} from "./search-folder.ts";
import { runSearch, searchData } from "./search-run.ts";
import { withinTable } from "./table-widths.ts";
import { runVerify } from "./verify-run.ts";
import type { WorkContext } from "./work-context.ts";
import { writeReport } from "./write-report.ts";

export interface QuickstartFlags {
  readonly out: string;
  readonly budget: number;
  readonly assumePower: number;
  readonly allowConditions?: boolean | undefined;
  readonly seed: number;
  /** The least of everything: shows the way, in a minute or two. */
  readonly trial?: boolean;
}

const reference = presets[net].build({ multiplier: 1 });
const target = { device: "local", runtime: "ort-cpu", threads: 1 };
/** A table error that deserves a word. */
const notableError = 0.1;

/**
 * Profile, search under a budget, verify, report. Run again after an interruption, every part goes on. Whether what was
 * measured keeps the budget is for `missedBudget` to say, after the result was shown.
 */
export async function runQuickstart(
  flags: QuickstartFlags,
  context: WorkContext,
): Promise<{ readonly result: QuickstartResult; readonly report: string }> {
  const { terminal } = context;
  const folder = flags.out;
  makeFolder(folder);
  if (hasSearched(folder)) requireSameFlags(folder, flags);
  const db = resolve(folder, "energy.db");
  terminal.note("1/4 Profiling this machine");
  await profileThisMachine(db, flags, context);
  const references = await withTable(db, async (table) =>
    searchAndCompare(folder, await costsOf(table, target, { space: net }), flags, context),
  );
  terminal.note("4/4 Measuring the networks on the device");
  await verifyAll(folder, references, flags, context);
  const report = await withTable(db, (table) =>
    writeReport(searchFile(folder, "report"), searchReport(folder, table)),
  );
  return { result: quickstartResult(folder, references[0]?.label ?? ""), report };
}

async function profileThisMachine(
  db: string,
  flags: QuickstartFlags,
  context: WorkContext,
): Promise<void> {
  const size = sizeOf(flags);
  const [outcome] = await runProfile({
    ...target,
    context,
    plans: [quickstartPlan(size, flags.seed)],
    db,
    meter: "auto",
    assumePower: flags.assumePower,
    patience: size.patience.profile,
    ...(size.loads ? { loads: size.loads } : {}),
    allowConditions: flags.allowConditions,
  });
  context.signal.throwIfAborted();
  context.terminal.note(outcomeText(outcome));
  const error = outcome.summary?.p90Error ?? 0;
  if (error > notableError)
    context.terminal.warn(
      `One prediction in ten is off by more than ${formatPercent(error)}; ${outcome.flags.drift ?? 0} networks were ` +
        `measured while the machine was slow. For another table remove ${dirname(db)} and run again when it is calm`,
    );
}

function energyText({ energyModel }: CostTable, { assumePower }: QuickstartFlags): string {
  return energyModel?.provenance === "modelled"
    ? `Energy: no meter works here, so energy is modelled as time x ${assumePower} W; --assume-power WATTS changes that`
    : `Energy: ${energyModel?.provenance} by ${energyModel?.source}`;
}

/** Searches, then trains uniform networks to compare with; what an earlier run finished is kept. */
async function searchAndCompare(
  folder: string,
  costs: CostTable,
  flags: QuickstartFlags,
  context: WorkContext,
): Promise<readonly Reference[]> {
  const { terminal } = context;
  const { seed } = flags;
  terminal.note(energyText(costs, flags));
  const data = await searchData("mnist", reference.input, seed);
  const engine = await createEngine();
  try {
    if (!hasSearched(folder)) await searchWithin(folder, { context, flags, costs, data, engine });
    terminal.note("3/4 Training uniform-width networks to compare with");
    const references = referenceNetworks(reference, readFound(folder), costs);
    const work = { context, costs, data, engine, recipe: sizeOf(flags).recipe, seed };
    await trainReferences(folder, references, work);
    return references;
  } finally {
    await engine.close();
  }
}

const hasSearched = (folder: string): boolean => existsSync(searchFile(folder, "history"));

/** A finished search is only gone on with under the flags it was made with: its result answers no other question. */
function requireSameFlags(folder: string, flags: QuickstartFlags): void {
  const { run, history } = readFound(folder);
  const given = {
    budget: referenceText(flags),
    seed: flags.seed,
    trial: flags.trial === true,
  };
  const found = {
    budget: run.budgetReference,
    seed: history.seed,
    trial: history.recipe.name === quickstartSizes.trial.recipe.name,
  };
  for (const flag of ["budget", "seed", "trial"] as const)
    if (found[flag] !== given[flag])
      throw new UserError(
        `${folder} holds a search with --${flag} ${found[flag]}, not ${given[flag]}`,
        {
          hint: "Give the flags of that search, or another --out folder: the table can be copied there.",
          exit: "usage",
        },
      );
}

interface SearchWork {
  readonly context: WorkContext;
  readonly flags: QuickstartFlags;
  readonly costs: CostTable;
  readonly data: SearchData;
  readonly engine: Engine;
}

async function searchWithin(folder: string, work: SearchWork): Promise<void> {
  const { context, flags, costs, data, engine } = work;
  const { budget, margin } = budgetOf(costs, flags);
  context.terminal.note(`2/4 Searching within ${budgetText(budget, flags)}`);
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
    method: findMethod("splitting"),
    start: withinTable(searchStart(net), costs),
    data,
    costs: costModelOf(costs),
    budget,
    margin,
    granularity: costs.alignment,
    recipe: sizeOf(flags).recipe,
    engine,
    seed: flags.seed,
    folder,
    confirm: confirmOnDevice(
      {
        ...target,
        context,
        db: resolve(folder, "energy.db"),
        meter: "auto",
        space: net,
        seed: flags.seed,
        patience: sizeOf(flags).patience.verify,
        allowConditions: flags.allowConditions,
      },
      { budget, relative: { network: reference, share: flags.budget } },
    ),
  });
}

const sizeOf = ({ trial = false }: QuickstartFlags): QuickstartSize =>
  quickstartSizes[trial ? "trial" : "full"];

/** Latency and energy of the reference network times the fraction asked for. */
function budgetOf(costs: CostTable, { budget: share }: QuickstartFlags) {
  const { latency_s, energy_j } = costs.networkCost(reference);
  return {
    budget: {
      latency_s: share * latency_s,
      ...(energy_j === undefined ? {} : { energy_j: share * energy_j }),
    },
    margin: budgetMargin(costs).margin,
  };
}

const referenceText = ({ budget }: QuickstartFlags): string =>
  `${budget} of the uniform reference network ${widthText(reference)}`;

const budgetText = ({ latency_s, energy_j }: Budget, flags: QuickstartFlags): string =>
  `${formatSeconds(latency_s ?? 0)}${energy_j === undefined ? "" : ` and ${formatJoules(energy_j)}`} ` +
  `(${referenceText(flags)})`;

/** Found and uniform networks in one go, so that the same machine state judges all of them. */
async function verifyAll(
  folder: string,
  references: readonly Reference[],
  flags: QuickstartFlags,
  context: WorkContext,
): Promise<void> {
  const { network, weights, run } = readFound(folder);
  const [own, ...others] = await runVerify(
    {
      ...target,
      context,
      db: run.db,
      meter: "auto",
      space: run.space,
      seed: flags.seed,
      patience: sizeOf(flags).patience.verify,
      allowConditions: flags.allowConditions,
    },
    [{ label: `the found network (${widthText(network)})`, network, weights }, ...references],
  );
  if (!own) throw new Error("Verification returned nothing");
  writeVerification(folder, own);
  const verified = new Map(references.map(({ label }, i) => [label, others[i]]));
  const known = readDocument(folder, "references") ?? [];
  const timed = known.map((record): ReferenceRecord => {
    const { measured, atTableSpeed, energy } = verified.get(record.label) ?? {};
    return {
      ...record,
      ...(measured ? { measured } : {}),
      ...(atTableSpeed ? { atTableSpeed: withoutError(atTableSpeed) } : {}),
      ...(energy ? { energy } : {}),
    };
  });
  writeDocument(folder, "references", timed);
}

const withoutError = ({
  latency_s,
  low_s,
  high_s,
}: VerificationRecord["measured"]): VerificationRecord["measured"] => ({
  latency_s,
  low_s,
  high_s,
});

/**
 * What the verified network misses of the budget that the table promised to keep: latency as measured, energy as
 * verified. Latency first: energy made from it misses with it.
 */
export function missedBudget(
  { share, energyShare, run, verification }: QuickstartResult,
  budget: number,
): UserError | undefined {
  const { energy } = verification;
  if (share <= budget && energyShare !== undefined && energyShare > budget && energy)
    return new UserError(
      `The energy, ${energyBasis(energy)}, is ${formatPercent(energyShare)} of the reference's, the budget ${formatPercent(budget)}`,
      {
        hint: "Give a smaller --budget, or profile into another folder: the table's powers are off.",
        exit: "budget",
      },
    );
  if (share <= budget) return undefined;
  const both =
    energyShare !== undefined && energyShare > budget ? ", and the energy misses it too" : "";
  return new UserError(
    `The measured latency is ${formatPercent(share)} of the reference's, the budget ${formatPercent(budget)}${both}`,
    {
      hint:
        `The table predicted ${formatSeconds(verification.predicted_s)}, with a margin of ` +
        `${formatPercent(run.margin)} for its error` +
        `${verification.flags.includes("drift") ? ", but the machine was slower than when it was profiled" : ""}. ` +
        "Search again in another folder with a smaller --budget; verifying again is counted in the report.",
      exit: "budget",
    },
  );
}
