import { Command, Option } from "commander";
import type { Precision } from "../../../../devices/index.ts";
import type { Method } from "../../../../energy-db/index.ts";
import { type ProfilePlan, planProfile } from "../../../../profiler/index.ts";
import { UserError } from "../../../errors.ts";
import { searchStart } from "../../../network/search-start.ts";
import { formatDuration } from "../../../units.ts";
import {
  outcomeText,
  profiledSpace,
  requireReliable,
  runProfile,
} from "../../workflows/profile-run.ts";
import type { CommandContext } from "../context.ts";
import { count, duration_s, fraction, shared, wholeNumber } from "../options.ts";

interface ProfileFlags {
  readonly net?: string;
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

/** One of --net and --model. */
function measuredNet({ net, model }: ProfileFlags): string {
  if (net !== undefined && model === undefined) return net;
  if (model?.endsWith(".onnx") && net === undefined) return model;
  throw new UserError(
    net === undefined && model !== undefined
      ? `--model ${model} is no ONNX file`
      : "Give one of --net and --model",
    { hint: "For example: --net mnist-cnn, or --model model.onnx.", exit: "usage" },
  );
}

async function runProfileCommand(flags: ProfileFlags, context: CommandContext): Promise<void> {
  const { terminal } = context;
  const net = measuredNet(flags);
  const plan = planProfile({
    ...profiledSpace(searchStart(net)),
    batch: flags.batch,
    grid: flags.grid,
    seed: flags.seed,
    ...(flags.targetCi === undefined ? {} : { targetCi: flags.targetCi }),
    ...(flags.networks ? { designNetworks: flags.networks } : {}),
    heldOutNetworks: flags.heldOut,
  });
  if (flags.dryRun) {
    if (flags.json) terminal.answerJson({ ...plan, widths: Object.fromEntries(plan.widths) });
    else terminal.answer(planText(plan));
    return;
  }
  const outcome = await runProfile({ ...flags, context, plan });
  if (flags.json) terminal.answerJson(outcome);
  else {
    terminal.answer(outcomeText(outcome));
    const isDone = outcome.stoppedBy === "done";
    const next = isDone ? `query kernels --db ${flags.db}` : context.args.join(" ");
    terminal.note(`Next: wattsplit ${next}`);
  }
  if (flags.strict) requireReliable(outcome);
  context.signal.throwIfAborted();
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
