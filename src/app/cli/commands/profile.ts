import { Command, Option } from "commander";
import type { Precision } from "../../../../devices/index.ts";
import type { Method } from "../../../../energy-db/index.ts";
import { type ProfilePlan, planModel, planProfile } from "../../../../profiler/index.ts";
import { UserError } from "../../../errors.ts";
import { type SearchStart, searchStart } from "../../../network/search-start.ts";
import { formatDuration } from "../../../units.ts";
import { graphNet, graphStart, namedGraph } from "../../workflows/graph-search.ts";
import {
  outcomeText,
  profiledSpace,
  requireReliable,
  runProfile,
} from "../../workflows/profile-run.ts";
import type { CommandContext } from "../context.ts";
import { atLeastOne, count, duration_s, fraction, shared, wholeNumber } from "../options.ts";

interface ProfileFlags {
  readonly net?: string;
  readonly space?: string;
  readonly data?: string;
  readonly model?: string;
  readonly db: string;
  readonly device: string;
  readonly runtime?: string | undefined;
  readonly precision?: Precision;
  readonly runner?: string;
  readonly meter: string;
  readonly threads: number;
  readonly batch: number;
  readonly grid: number;
  readonly networks?: number;
  readonly heldOut: number;
  readonly imageSizes: number;
  readonly widest: number;
  readonly targetCi?: number;
  readonly method: Method;
  readonly assumePower?: number;
  readonly timeLimit?: number;
  readonly patience: number;
  readonly seed: number;
  readonly dryRun?: boolean;
  readonly sustained?: boolean;
  readonly allowConditions?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export function profileCommand(context: CommandContext): Command {
  return new Command("profile")
    .description(
      "measure the kernels a search can ask for, inside whole networks; run again to resume",
    )
    .option("--net <name>", "preset or network.json whose layers to measure")
    .option("--space <name>", "the same as --net: the space whose kernels to measure")
    .option("--data <graph>", "of --net gcn: the graph that it runs on, NAME or NAME:FOLDER")
    .option("--model <file>", "instead: an ONNX file whose layers to measure")
    .addOption(shared.db())
    .addOption(shared.device())
    .addOption(shared.runtime())
    .addOption(shared.precision())
    .addOption(shared.runner())
    .addOption(shared.meter())
    .addOption(shared.threads())
    .addOption(new Option("--batch <n>", "images per inference").argParser(count).default(1))
    .addOption(
      new Option("--grid <n>", "widths measured are multiples of this").argParser(count).default(1),
    )
    .addOption(
      new Option(
        "--networks <n>",
        "networks that make the costs (default: 36, and 6 for each width group)",
      ).argParser(count),
    )
    .addOption(
      new Option("--held-out <n>", "networks that judge the costs")
        .argParser(wholeNumber)
        .default(25),
    )
    .addOption(
      new Option("--image-sizes <n>", "with --model: smaller image sizes measured too")
        .argParser(wholeNumber)
        .default(3),
    )
    .addOption(
      new Option("--widest <factor>", "with --model: widths measured up to so many times its own")
        .argParser(atLeastOne)
        .default(1.5),
    )
    .addOption(
      new Option(
        "--target-ci <fraction>",
        "load networks again, up to four times, until the half-width of the 95 % interval is this (default: 0.02, within twice the plan's time)",
      ).argParser(fraction),
    )
    .addOption(shared.method())
    .addOption(shared.assumePower())
    .addOption(new Option("--time-limit <time>", "stop after 90s, 10m, 1.5h").argParser(duration_s))
    .addOption(
      new Option(
        "--patience <time>",
        "wait this long per load of a network, on average, for calm moments of the machine, then measure in its noise",
      )
        .argParser(duration_s)
        .default(0.5, "0.5s"),
    )
    .addOption(shared.sustained())
    .addOption(shared.allowConditions())
    .option("--dry-run", "print the plan and its time, measure nothing")
    .option("--strict", "exit 4 when the result is unreliable")
    .addOption(shared.seed())
    .addOption(shared.json())
    .action((flags: ProfileFlags) => runProfileCommand(flags, context));
}

/** One of --net, --space and --model. */
function measuredNet({ net: named, space, model }: ProfileFlags): string {
  if (named !== undefined && space !== undefined)
    throw new UserError("--net and --space are the same", {
      hint: "Give one of them.",
      exit: "usage",
    });
  const net = named ?? space;
  if (net !== undefined && model === undefined) return net;
  if (model?.endsWith(".onnx") && net === undefined) return model;
  throw new UserError(
    net === undefined && model !== undefined
      ? `--model ${model} is no ONNX file`
      : "Give one of --net and --model",
    { hint: "For example: --net mnist-cnn, or --model model.onnx.", exit: "usage" },
  );
}

/** Of a graph's network, which only its data tells, or of any other net. */
async function measuredStart(flags: ProfileFlags): Promise<SearchStart> {
  const net = measuredNet(flags);
  if (net === graphNet) return graphStart(await namedGraph(flags.data));
  if (flags.data !== undefined)
    throw new UserError(`--data is for --net ${graphNet} alone`, {
      hint: "Leave it out: what other nets cost does not depend on data.",
      exit: "usage",
    });
  return searchStart(net);
}

/** What to measure, the first of it what was named; a model's other image sizes after it. */
function plansOf(
  flags: ProfileFlags,
  start: SearchStart,
): readonly [ProfilePlan, ...ProfilePlan[]] {
  const options = {
    ...profiledSpace(start),
    batch: flags.batch,
    grid: flags.grid,
    seed: flags.seed,
    ...(flags.targetCi === undefined ? {} : { targetCi: flags.targetCi }),
    ...(flags.networks ? { designNetworks: flags.networks } : {}),
    heldOutNetworks: flags.heldOut,
  };
  return flags.model === undefined
    ? [planProfile(options)]
    : planModel({ ...options, imageSizes: flags.imageSizes, widest: flags.widest });
}

async function runProfileCommand(flags: ProfileFlags, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const start = await measuredStart(flags);
  const plans = plansOf(flags, start);
  if (flags.dryRun) {
    if (flags.json) terminal.answerJson(withOthers(plans, planDocument));
    else terminal.answer(planTexts(plans));
    return;
  }
  const outcomes = await runProfile({ ...flags, ...precisionOf(flags, start), context, plans });
  if (flags.json) terminal.answerJson(withOthers(outcomes, (outcome) => outcome));
  else {
    terminal.answer(outcomes.map(outcomeText).join("\n"));
    const isDone = outcomes.length === plans.length && outcomes.at(-1)?.stoppedBy === "done";
    noteNext(context, isDone ? `query kernels --db ${flags.db}` : context.args.join(" "));
  }
  if (flags.strict) for (const outcome of outcomes) requireReliable(outcome);
  context.signal.throwIfAborted();
}

/** A quantised model is measured as what it is, all else in the runtime's usual precision. */
const precisionOf = ({ precision }: ProfileFlags, start: SearchStart) =>
  precision === undefined && start.precision === "int8" ? { precision: start.precision } : {};

const noteNext = ({ terminal }: CommandContext, command: string): void =>
  terminal.note(`Next: wattsplit ${command}`);

/** The first as it is, others beside it where there are any. */
function withOthers<T, D extends object>(
  [first, ...others]: readonly [T, ...T[]],
  documentOf: (item: T) => D,
): D & { readonly imageSizes?: readonly D[] } {
  return {
    ...documentOf(first),
    ...(others.length > 0 ? { imageSizes: others.map(documentOf) } : {}),
  };
}

const planDocument = (plan: ProfilePlan) => ({ ...plan, widths: Object.fromEntries(plan.widths) });

function planTexts(plans: readonly ProfilePlan[]): string {
  const estimated_s = plans.reduce((sum, plan) => sum + plan.estimated_s, 0);
  return [
    ...plans.map(planText),
    ...(plans.length > 1 ? [`About ${formatDuration(estimated_s)} in all`] : []),
  ].join("\n\n");
}

/** What a dry run prints: what would be measured and how long it would take. */
function planText(plan: ProfilePlan): string {
  const { space, networks, kernels, estimated_s, estimatedEnergy_s } = plan;
  const heldOut = networks.filter(({ role }) => role === "held-out").length;
  const widths = [...plan.widths].map(([group, values]) => `  ${group}: ${values.join(", ")}`);
  const measured = widths.length > 0 ? ["Widths measured", ...widths] : [];
  return [
    `Plan for ${space.name}, batch ${space.batch}, seed ${plan.seed}`,
    `${kernels.length} kernels inside ${networks.length - heldOut} design networks, ${heldOut} networks held out`,
    ...measured,
    `About ${formatDuration(estimated_s)}; with a meter ${formatDuration(estimated_s + estimatedEnergy_s)}`,
  ].join("\n");
}
