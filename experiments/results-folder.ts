import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { tryLockFile } from "../energy-db/file-lock.ts";
import { UserError } from "../src/errors.ts";
import { makeFolder } from "../src/folder.ts";
import type { Finished } from "./finished.ts";

const taskRecordSchema = z.object({
  key: z.string(),
  kind: z.enum(["measure", "train"]),
  finishedAt: z.string(),
  /** Of the sitting that finished it. */
  took_s: z.number(),
  estimated_s: z.number(),
  toolVersion: z.string(),
  machine: z.string(),
  result: z.unknown(),
});

/** What a task left, with what is known of how it ran. */
export type TaskRecord = z.infer<typeof taskRecordSchema>;

/** The settings that all documents of a folder share, and what they were made with. */
const headerSchema = z.object({ experiment: z.string(), size: z.enum(["quick", "full"]) });
export type Header = z.infer<typeof headerSchema>;

const resultsSchema = z.object({
  format: z.literal("wattsplit-experiment"),
  version: z.literal(1),
  ...headerSchema.shape,
  tasks: z.array(taskRecordSchema),
});
/** All of an experiment in one document: what its page is made from. */
export type Results = z.infer<typeof resultsSchema>;

export function readResults(path: string): Results {
  return parsed(resultsSchema, readJson(path), path);
}

/** Documents of one experiment, a file each, so that several processes can add to them. */
export class ResultsFolder implements Finished {
  readonly path: string;
  readonly #header: Header;

  /** Opens or begins a folder; a folder of another experiment or size is a UserError. */
  constructor(path: string, header: Header) {
    this.path = path;
    this.#header = header;
    makeFolder(this.#tasks);
    makeFolder(this.#work);
    const begun = join(path, "experiment.json");
    if (!existsSync(begun)) writeWhole(begun, header);
    this.#requireOwn(parsed(headerSchema, readJson(begun), begun), path);
  }

  #requireOwn({ experiment, size }: Header, what: string): void {
    const own = this.#header;
    if (experiment === own.experiment && size === own.size) return;
    throw new UserError(
      `${what} holds ${experiment} in size ${size}, not ${own.experiment} in size ${own.size}`,
      { hint: "Give another folder or document.", exit: "usage" },
    );
  }

  get #tasks(): string {
    return join(this.path, "tasks");
  }

  get #work(): string {
    return join(this.path, "work");
  }

  has(key: string): boolean {
    return existsSync(this.#taskFile(key));
  }

  result<T>(key: string, schema: z.ZodType<T>): T | undefined {
    if (!this.has(key)) return undefined;
    const path = this.#taskFile(key);
    return parsed(schema, parsed(taskRecordSchema, readJson(path), path).result, path);
  }

  add(record: TaskRecord): void {
    writeWhole(this.#taskFile(record.key), record);
    rmSync(this.workFile(record.key), { recursive: true, force: true });
  }

  /**
   * Takes over what was trained for a published document of the same experiment and size, wherever that was; returns how many tasks.
   * Measurements are of the machine that took them and are taken anew.
   */
  adopt({ experiment, size, tasks }: Results): number {
    this.#requireOwn({ experiment, size }, "What is to be gone on from");
    const adopted = tasks.filter(({ kind, key }) => kind === "train" && !this.has(key));
    for (const record of adopted) this.add(record);
    return adopted.length;
  }

  /** Where an unfinished task keeps what it has; gone once the task is finished. */
  workFile(key: string): string {
    return join(this.#work, key);
  }

  /** False while another process has the task in hand, however that one ends. */
  async claimed(key: string, work: () => Promise<void>): Promise<boolean> {
    const lock = tryLockFile(join(this.#work, `${key}.lock`));
    if (!lock) return false;
    try {
      await work();
      return true;
    } finally {
      lock.release();
    }
  }

  all(): Results {
    const tasks = readdirSync(this.#tasks)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(this.#tasks, name))
      .map((path) => parsed(taskRecordSchema, readJson(path), path));
    return { format: "wattsplit-experiment", version: 1, ...this.#header, tasks };
  }

  #taskFile(key: string): string {
    return join(this.#tasks, `${key}.json`);
  }
}

/** The documents of a published experiment. */
export const finishedOf = ({ tasks }: Results, path: string): Finished => ({
  result: (key, schema) => {
    const record = tasks.find((task) => task.key === key);
    return record && parsed(schema, record.result, `${path}, task ${key}`);
  },
});

function writeWhole(path: string, document: unknown): void {
  writeFileSync(`${path}.tmp`, `${JSON.stringify(document, null, 2)}\n`);
  renameSync(`${path}.tmp`, path);
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new UserError(`${path} is not what this version's experiments write`, {
    hint: "Delete it to do that part again, or use the version that wrote it.",
    cause: error,
  });
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new UserError(`Cannot read ${path} as JSON`, {
      hint: "Delete it to do that part again.",
      cause,
    });
  }
}
