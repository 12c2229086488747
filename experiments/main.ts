import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Command, CommanderError, Option } from "commander";
import type { CommandContext } from "../src/app/cli/context.ts";
import { count } from "../src/app/cli/options.ts";
import { Terminal } from "../src/app/cli/terminal.ts";
import { toolVersion } from "../src/app/cli/version.ts";
import { exitCodes, UserError } from "../src/errors.ts";
import { type Size, sizes, type TaskKind, taskKinds } from "./experiment.ts";
import { Laboratory } from "./laboratory.ts";
import { publish } from "./publish.ts";
import { experiments, findExperiment } from "./registry.ts";
import { ResultsFolder, readResults } from "./results-folder.ts";
import { planText, runExperiment } from "./run-experiment.ts";

interface Flags {
  readonly size: Size;
  readonly out?: string;
  readonly db?: string;
  readonly from?: string;
  readonly only?: TaskKind;
  readonly tasks?: number;
  readonly plan?: boolean;
  readonly publish?: boolean;
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());
const terminal = new Terminal({
  stdout: process.stdout,
  stderr: process.stderr,
  now_s: () => performance.now() / 1000,
});
const context: CommandContext = {
  terminal,
  env: process.env,
  signal: stop.signal,
  version: toolVersion(),
  args: process.argv.slice(2),
};

const pause = async (signal: AbortSignal): Promise<void> => {
  await setTimeout(5000, undefined, { signal });
};

const names = Object.entries(experiments).map(([name, { summary }]) => `  ${name}: ${summary}`);
const program = new Command("experiment")
  .description("evidence: resumable, as tasks in a folder and a page made from them")
  .argument("<name>", "which experiment")
  .addOption(new Option("--size <size>", "how much of it").choices(sizes).default("quick"))
  .option("--out <dir>", "where its tasks lie (default: .wattsplit/experiments/NAME-SIZE)")
  .option("--db <file>", "a table to begin with; it is copied (default: measure one)")
  .option(
    "--from <file>",
    "a published document (docs/experiments/NAME.json) whose trainings and searches are gone on from; measurements are taken anew",
  )
  .addOption(new Option("--only <kind>", "only tasks of this kind").choices(taskKinds))
  .addOption(new Option("--tasks <n>", "at most so many in this sitting").argParser(count))
  .option("--plan", "print the tasks and their time, do nothing")
  .option("--publish", "also write the page, its figures and its data to docs/experiments")
  .addHelpText("after", `\nExperiments\n${names.join("\n")}`)
  .exitOverride()
  .action(run);

async function run(name: string, flags: Flags): Promise<void> {
  const experiment = findExperiment(name);
  const { size } = flags;
  const out = flags.out ?? join(".wattsplit", "experiments", `${name}-${size}`);
  const folder = new ResultsFolder(out, { experiment: name, size });
  if (flags.from !== undefined)
    terminal.note(`${folder.adopt(readResults(flags.from))} tasks taken over from ${flags.from}`);
  const laboratory = new Laboratory({ context, folder, db: flags.db });
  try {
    const work = {
      experiment,
      size,
      laboratory,
      only: flags.only,
      most: flags.tasks,
      now: () => new Date(),
      pause,
    };
    if (flags.plan) {
      terminal.answer(planText(work));
      return;
    }
    const { done, left } = await runExperiment(work);
    terminal.note(`${done} tasks done in this sitting, ${left} left to others or to --only`);
    terminal.answer(publish(folder.all(), out));
    if (flags.publish) terminal.answer(publish(folder.all(), join("docs", "experiments")));
  } finally {
    await laboratory.close();
  }
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError)
    return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof UserError) {
    terminal.error(error.message, error.hint);
    return exitCodes[error.exit];
  }
  if (stop.signal.aborted) {
    terminal.error("Interrupted", "Everything finished is kept: run the same command to go on.");
    return exitCodes.interrupted;
  }
  throw error;
}
