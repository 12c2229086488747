import { availableParallelism } from "node:os";
import { type BackendName, createEngine, type Engine } from "../../tensor/index.ts";
import type { ImageWork, TextWork } from "../workers/messages.ts";
import { WorkerPool } from "../workers/pool.ts";
import type { CommandContext } from "./context.ts";

/** Flags that say what trains. */
export interface TrainerFlags {
  readonly backend: BackendName | "auto";
  readonly trainThreads?: number;
  /** Processes that train candidates at once; none where absent. */
  readonly workers?: number;
}

/** What searches train on: this process, and workers where they were asked for. */
interface Trainers {
  readonly engine: Engine;
  readonly pool: WorkerPool | undefined;
}

const trainingEngine = (flags: TrainerFlags, { terminal }: CommandContext): Promise<Engine> => {
  const threads = threadsOf(flags);
  return createEngine({
    backend: flags.backend,
    onFallback: (program, nodes) => terminal.warn(`${program}: the CPU runs ${nodes.join(", ")}`),
    ...(threads ? { threads } : {}),
  });
};

/** Workers divide the cores among them. */
const threadsOf = ({ trainThreads, workers }: TrainerFlags): number | undefined =>
  trainThreads ?? (workers && Math.max(1, Math.floor(availableParallelism() / workers)));

/** Opens what trains, and closes it in the end. */
export async function withTrainers<T>(
  flags: TrainerFlags,
  context: CommandContext,
  /** Of the workers; absent where there are none. */
  work: ImageWork | TextWork | undefined,
  use: (trainers: Trainers) => Promise<T>,
): Promise<T> {
  const engine = await trainingEngine(flags, context);
  const { backend, workers } = flags;
  const threads = threadsOf(flags) ?? 1;
  const pool =
    workers && work
      ? new WorkerPool(workers, { ...work, backend, threads }, context.signal)
      : undefined;
  try {
    return await use({ engine, pool });
  } finally {
    pool?.close();
    await engine.close();
  }
}
