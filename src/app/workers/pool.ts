import { forkModule } from "../../../devices/index.ts";
import { UserError } from "../../errors.ts";
import { errorOf } from "./failure.ts";
import type { Job, News, Reply, Request, WorkerSetting } from "./messages.ts";

type Worker = ReturnType<typeof forkModule>;

interface Assignment {
  readonly job: Job;
  readonly onNews: (news: News) => void;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** A worker was gone before its job was done. */
export class WorkerDeath extends UserError {}

/**
 * Processes that train, each one job at a time; started when there is work for them. A job whose process dies rejects with a WorkerDeath,
 * and the next job gets a new process. Close with `close`, or by the signal.
 */
export class WorkerPool {
  readonly count: number;
  readonly #setting: WorkerSetting;
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Assignment>();
  readonly #waiting: Assignment[] = [];

  constructor(count: number, setting: WorkerSetting, signal?: AbortSignal) {
    this.count = count;
    this.#setting = setting;
    signal?.addEventListener("abort", () => this.#end(signal.reason), { once: true });
  }

  /** Numbers of the processes that have a job in hand. */
  get busy(): readonly number[] {
    return [...this.#busy.keys()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  run(job: Job, onNews: (news: News) => void = () => undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, onNews, resolve, reject });
      this.#assign();
    });
  }

  close(): void {
    this.#end(new Error("The workers were closed"));
  }

  #end(reason: unknown): void {
    const left = [...this.#busy.values(), ...this.#waiting.splice(0)];
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    this.#busy.clear();
    // What they have in hand is lost, and so are no files: they write none.
    for (const worker of workers) worker.kill("SIGKILL");
    for (const { reject } of left) reject(reason);
  }

  #assign(): void {
    while (this.#waiting.length > 0 && this.#busy.size < this.count) {
      const assignment = this.#waiting.shift() as Assignment;
      const worker = this.#idle.pop() ?? this.#start();
      this.#busy.set(worker, assignment);
      worker.send({ job: assignment.job } satisfies Request);
    }
  }

  #start(): Worker {
    // Standard output is for answers alone.
    const worker = forkModule({
      beside: import.meta.url,
      name: "process",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    worker.on("message", (reply) => this.#hear(worker, reply as Reply));
    worker.on("exit", (code, signal) => this.#lose(worker, signal ?? `exit code ${code}`));
    // A process that is gone cannot be sent to; that it is gone, "exit" tells.
    worker.on("error", () => undefined);
    worker.send({ setting: this.#setting } satisfies Request);
    return worker;
  }

  #hear(worker: Worker, reply: Reply): void {
    const assignment = this.#busy.get(worker);
    if (!assignment) return;
    if ("news" in reply) {
      assignment.onNews(reply.news);
      return;
    }
    this.#busy.delete(worker);
    this.#idle.push(worker);
    if ("answer" in reply) assignment.resolve(reply.answer);
    else assignment.reject(errorOf(reply.failure));
    this.#assign();
  }

  #lose(worker: Worker, how: string): void {
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
    const assignment = this.#busy.get(worker);
    if (!assignment) return;
    this.#busy.delete(worker);
    assignment.reject(
      new WorkerDeath(`A training process ended by ${how} before its candidate was trained`, {
        hint: "If it ran out of memory, give fewer --workers; go on with --resume.",
      }),
    );
    this.#assign();
  }
}
