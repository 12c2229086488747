import { createEngine } from "../../tensor/index.ts";
import { failureOf } from "./failure.ts";
import { openImageWork } from "./image-work.ts";
import type { CellJob, Job, News, Reply, Request, TrialJob, WorkerSetting } from "./messages.ts";
import { openTextWork } from "./text-work.ts";

/** A process that trains, one job after another: started by pool.ts, and ended with the process that started it. */

// Ctrl-C reaches every process of a terminal; the one that asked decides when to stop.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());

type Work = (job: Job, onNews: (news: News) => void) => Promise<unknown>;

async function open(setting: WorkerSetting): Promise<Work> {
  const engine = await createEngine(setting);
  if (setting.kind === "images") {
    const train = await openImageWork(setting, engine);
    return (job, onNews) => train(job as TrialJob, onNews);
  }
  const train = await openTextWork(setting, engine);
  return (job) => train(job as CellJob);
}

const send = (reply: Reply): void => {
  process.send?.(reply);
};

let setting: WorkerSetting | undefined;
let work: Promise<Work> | undefined;

async function handle(request: Request): Promise<void> {
  if ("setting" in request) {
    setting = request.setting;
    return;
  }
  if (!setting) throw new Error("A job came before the setting");
  try {
    work ??= open(setting);
    const answer = await (await work)(request.job, (news) => send({ news }));
    send({ answer });
  } catch (error) {
    send({ failure: failureOf(error) });
  }
}

process.on("message", (request: Request) => void handle(request));
