import { median } from "../src/statistics.ts";
import { formatDuration } from "../src/units.ts";
import {
  type Experiment,
  type Outlook,
  type Size,
  type Task,
  type TaskKind,
  taskKinds,
} from "./experiment.ts";
import { type Laboratory, machineName } from "./laboratory.ts";
import type { TaskRecord } from "./results-folder.ts";

export interface ExperimentRun {
  readonly experiment: Experiment;
  readonly size: Size;
  readonly laboratory: Laboratory;
  /** Only tasks of this kind; both when absent. */
  readonly only?: TaskKind | undefined;
  /** At most this many tasks in this sitting. */
  readonly most?: number | undefined;
  readonly now: () => Date;
  /** Waits a little for other processes; absent: a sitting ends where others have all known tasks in hand. */
  readonly pause?: (signal: AbortSignal) => Promise<void>;
}

/** How a sitting ended. */
export interface Sitting {
  readonly done: number;
  /** Tasks known and not done: of the other kind, or in another process's hands. */
  readonly left: number;
}

/** Does what is still to be done, one task after another; several processes may share a folder. */
export async function runExperiment(run: ExperimentRun): Promise<Sitting> {
  const { experiment, size, laboratory, only, most = Number.POSITIVE_INFINITY } = run;
  const { folder, context } = laboratory;
  let done = 0;
  for (;;) {
    context.signal.throwIfAborted();
    const outlook = experiment.tasks(folder, size);
    const open = outlook.tasks.filter(({ key }) => !folder.has(key));
    const mine = open.filter(({ kind }) => only === undefined || kind === only);
    const worked = done < most && (await workOnFirst(run, mine, outlook));
    if (worked) done++;
    // Another process has the tasks in hand whose results will name more.
    else if (done < most && mine.length > 0 && outlook.later.tasks > 0 && run.pause)
      await run.pause(context.signal);
    else return { done, left: open.length };
  }
}

/** Does the first task that no other process has in hand; false where there is none. */
async function workOnFirst(
  run: ExperimentRun,
  tasks: readonly Task[],
  outlook: Outlook,
): Promise<boolean> {
  const { folder, context } = run.laboratory;
  for (const task of tasks) {
    let isDone = false;
    const claimed = await folder.claimed(task.key, async () => {
      // Another process may have finished it between the look and the lock.
      if (folder.has(task.key)) return;
      const { done, total, remaining_s } = progress(run, outlook);
      context.terminal.note(
        `${done} of ${total} tasks done, about ${formatDuration(remaining_s)} left: ${task.label}`,
      );
      folder.add(await recordOf(task, run));
      isDone = true;
    });
    if (claimed && isDone) return true;
  }
  return false;
}

async function recordOf(task: Task, { laboratory, now }: ExperimentRun): Promise<TaskRecord> {
  const start_s = performance.now() / 1000;
  const result = await task.run(laboratory);
  return {
    key: task.key,
    kind: task.kind,
    finishedAt: now().toISOString(),
    took_s: performance.now() / 1000 - start_s,
    estimated_s: task.estimated_s,
    toolVersion: laboratory.context.version,
    machine: machineName(),
    result,
  };
}

/** Tasks done and the time that the others will take, by how long those done took against their estimates. */
export function progress(
  { laboratory }: Pick<ExperimentRun, "laboratory">,
  { tasks, later }: Outlook,
): { readonly done: number; readonly total: number; readonly remaining_s: number } {
  const records = laboratory.folder.all().tasks;
  const slowness = (kind: TaskKind): number => {
    const ratios = records
      .filter((record) => record.kind === kind && record.estimated_s > 0)
      .map(({ took_s, estimated_s }) => took_s / estimated_s);
    return ratios.length > 0 ? median(ratios) : 1;
  };
  const open = tasks.filter(({ key }) => !laboratory.folder.has(key));
  const known_s = taskKinds.map((kind) => {
    const own = open.filter((task) => task.kind === kind);
    return own.reduce((sum, { estimated_s }) => sum + estimated_s, 0) * slowness(kind);
  });
  const remaining_s =
    known_s.reduce((sum, seconds) => sum + seconds, 0) + later.estimated_s * slowness("train");
  return {
    done: tasks.length - open.length,
    total: tasks.length + later.tasks,
    remaining_s,
  };
}

/** What a run would do and how long it would take, one core and one process. */
export function planText(run: ExperimentRun): string {
  const { experiment, size, laboratory } = run;
  const outlook = experiment.tasks(laboratory.folder, size);
  const { done, total, remaining_s } = progress(run, outlook);
  const lines = outlook.tasks.map(({ key, kind, label, estimated_s }) => {
    const state = laboratory.folder.has(key) ? "done" : `about ${formatDuration(estimated_s)}`;
    return `  ${kind.padEnd(8)} ${label}: ${state}`;
  });
  return [
    ...lines,
    ...(outlook.later.tasks > 0
      ? [`  and ${outlook.later.tasks} more, which these results will name`]
      : []),
    `${done} of ${total} tasks done; about ${formatDuration(remaining_s)} left in one process. ` +
      "Training uses one core: run the same command in a second terminal to use another.",
  ].join("\n");
}
