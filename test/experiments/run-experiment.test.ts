import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import type { Experiment, Task } from "../../experiments/experiment.ts";
import { Laboratory } from "../../experiments/laboratory.ts";
import { ResultsFolder } from "../../experiments/results-folder.ts";
import { planText, runExperiment } from "../../experiments/run-experiment.ts";
import { type Training, trainedSchema, trainTask } from "../../experiments/tasks/train-task.ts";
import { recipes } from "../../search/index.ts";
import type { CommandContext } from "../../src/app/cli/context.ts";
import { Terminal } from "../../src/app/cli/terminal.ts";
import { smallNetwork } from "../support/formula-table.ts";

const header = { experiment: "counting", size: "quick" } as const;
const newFolder = () => mkdtempSync(join(tmpdir(), "experiment-"));
const silent = { write: () => true };

function open(path: string, signal = new AbortController().signal) {
  const terminal = new Terminal({ stdout: silent, stderr: silent, now_s: () => 0 });
  const context: CommandContext = { terminal, env: {}, signal, version: "0.0.0", args: [] };
  const folder = new ResultsFolder(path, header);
  return new Laboratory({ context, folder });
}

const counting = (key: string, kind: Task["kind"], run: Task["run"] = async () => key): Task => ({
  key,
  label: key,
  kind,
  estimated_s: 60,
  run,
});

/** A second task is known once the first is done. */
const experiment = (tasks: readonly Task[]): Experiment => ({
  summary: "counts",
  tasks: (finished) => {
    const [first] = tasks;
    const isBegun = first && finished.result(first.key, z.string()) !== undefined;
    const known = isBegun ? tasks : tasks.slice(0, 1);
    const later = tasks.length - known.length;
    return { tasks: known, later: { tasks: later, estimated_s: 60 * later } };
  },
  page: () => ({ title: "", question: "", answer: [], sections: [] }),
});

const sitting = (laboratory: Laboratory, tasks: readonly Task[], only?: Task["kind"]) =>
  runExperiment({
    experiment: experiment(tasks),
    size: "quick",
    laboratory,
    only,
    now: () => new Date(0),
  });

test("tasks run in order, those that results name included, and never twice", async () => {
  const path = newFolder();
  const ran: string[] = [];
  const note = (key: string) =>
    counting(key, "train", async () => {
      ran.push(key);
      return key;
    });
  const tasks = ["a", "b", "c"].map(note);

  const first = await sitting(open(path), tasks);
  const second = await sitting(open(path), tasks);

  expect(first).toEqual({ done: 3, left: 0 });
  expect(second).toEqual({ done: 0, left: 0 });
  expect(ran).toEqual(["a", "b", "c"]);
});

test("a task that fails leaves no document and is done again", async () => {
  const path = newFolder();
  const failing = counting("a", "train", () => Promise.reject(new Error("killed")));
  await expect(sitting(open(path), [failing])).rejects.toThrow("killed");

  const { done } = await sitting(open(path), [counting("a", "train")]);

  expect(done).toBe(1);
});

test("a task in another process's hands is left to it", async () => {
  const path = newFolder();
  const other = new ResultsFolder(path, header);
  const tasks = [counting("a", "train")];

  let left: unknown;
  await other.claimed("a", async () => {
    left = await sitting(open(path), tasks);
  });

  expect(left).toEqual({ done: 0, left: 1 });
  expect(await sitting(open(path), tasks)).toEqual({ done: 1, left: 0 });
});

test("a sitting waits for another process whose results will name more tasks", async () => {
  const path = newFolder();
  const other = new ResultsFolder(path, header);
  const laboratory = open(path);
  const tasks = [counting("a", "train"), counting("b", "train")];
  const record = { kind: "train", finishedAt: "", took_s: 1, estimated_s: 1 } as const;
  const finishFirst = async () =>
    other.add({ ...record, key: "a", toolVersion: "", machine: "", result: "a" });

  let sat: unknown;
  await other.claimed("a", async () => {
    sat = await runExperiment({
      experiment: experiment(tasks),
      size: "quick",
      laboratory,
      now: () => new Date(0),
      pause: finishFirst,
    });
  });

  expect(sat).toEqual({ done: 1, left: 0 });
});

test("measuring and training can be done in different sittings", async () => {
  const path = newFolder();
  const tasks = [counting("a", "measure"), counting("b", "train")];

  expect(await sitting(open(path), tasks, "train")).toEqual({ done: 0, left: 1 });
  expect(await sitting(open(path), tasks, "measure")).toEqual({ done: 1, left: 1 });
  expect(await sitting(open(path), tasks, "train")).toEqual({ done: 1, left: 0 });
});

test("the plan names tasks and time before anything is done", () => {
  const tasks = [counting("a", "measure"), counting("b", "train")];
  const laboratory = open(newFolder());

  const text = planText({
    experiment: experiment(tasks),
    size: "quick",
    laboratory,
    now: () => new Date(0),
  });

  expect(text).toContain("measure  a: about 1:00");
  expect(text).toContain("and 1 more");
  expect(text).toContain("0 of 2 tasks done; about 2:00 left");
});

test("a folder of another experiment is refused", () => {
  const path = newFolder();
  new ResultsFolder(path, header);

  expect(() => new ResultsFolder(path, { ...header, size: "full" })).toThrowError(
    expect.objectContaining({ exit: "usage" }),
  );
});

test("a damaged document is named", async () => {
  const path = newFolder();
  await sitting(open(path), [counting("a", "train")]);
  writeFileSync(join(path, "tasks", "a.json"), "{");

  expect(() => new ResultsFolder(path, header).result("a", z.string())).toThrow("a.json");
});

const training: Training = {
  key: "small",
  label: "small",
  network: smallNetwork(4, 8),
  data: { name: "synthetic", examples: 256 },
  recipe: { ...recipes.quick, batch: 32, learningRate: 0.05 },
  epochs: 3,
  seed: 1,
  estimated_s: 1,
};

test("a training killed between two epochs goes on to the same result", async () => {
  const whole = open(newFolder());
  const path = newFolder();
  const stop = new AbortController();
  const stopped = open(path, stop.signal);
  const resumed = open(path);
  const killAtFirstCheckpoint = setInterval(() => {
    if (readdirSync(join(path, "work")).includes("small")) stop.abort();
  }, 1);
  try {
    const uninterrupted = await trainTask(training).run(whole);
    await expect(trainTask(training).run(stopped)).rejects.toThrow();
    clearInterval(killAtFirstCheckpoint);

    const continued = await trainTask(training).run(resumed);

    expect(trainedSchema.parse(continued)).toEqual(trainedSchema.parse(uninterrupted));
    expect(trainedSchema.parse(continued)).toMatchObject({ examples: 256, epochs: 3 });
  } finally {
    clearInterval(killAtFirstCheckpoint);
    for (const laboratory of [whole, stopped, resumed]) await laboratory.close();
  }
});

test("a published document is gone on from: what was trained is taken over, what was measured is measured anew", async () => {
  const ran: string[] = [];
  const noting = (key: string, kind: Task["kind"]) =>
    counting(key, kind, async () => {
      ran.push(key);
      return key;
    });
  const tasks = [noting("a", "train"), noting("b", "measure"), noting("c", "train")];
  const first = open(newFolder());
  await sitting(first, tasks);
  const later = open(newFolder());

  const adopted = later.folder.adopt(first.folder.all());
  const again = later.folder.adopt(first.folder.all());
  await sitting(later, tasks);

  expect([adopted, again]).toEqual([2, 0]);
  expect(ran).toEqual(["a", "b", "c", "b"]);
  expect(() => later.folder.adopt({ ...first.folder.all(), experiment: "other" })).toThrow(
    /holds other in size quick, not counting in size quick/,
  );
});
