import { Worker } from "node:worker_threads";
import type { FlatRow } from "./flat-rows.ts";
import type { SourceFile } from "./foreign-table.ts";
import { malformed } from "./source-text.ts";

/** Columns to read where the file has the needed ones. */
export interface ColumnChoice {
  readonly needed: readonly string[];
  readonly columns: readonly string[];
}

/** More than a table of costs has, less than memory holds. */
const limits = { mostRows: 2 ** 21, mostBytes: 2 ** 30 };
const memory_mb = 1024;
/** A file takes a second for every MiB at most, and one at least as long as a busy machine needs to begin. */
export const patience_s = ({ length }: Uint8Array): number => 10 + length / 2 ** 20;

/**
 * What the worker does. Damaged pages make the library count to billions: only a thread of its own can be stopped. It is text, so that it
 * runs the same from source, from a build and in tests.
 */
const script = `
const { parentPort, workerData } = require("node:worker_threads");
const { library, bytes, choices, mostRows, mostBytes } = workerData;
(async () => {
  const { parquetMetadata, parquetReadObjects } = await import(library);
  const metadata = parquetMetadata(bytes);
  const names = metadata.schema.slice(1).map(({ name }) => name);
  const size = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  if (Number(metadata.num_rows) > mostRows || size > mostBytes) throw new Error(metadata.num_rows + " rows are too many");
  const choice = choices.find(({ needed }) => needed.every((name) => names.includes(name)));
  const columns = choice ? choice.columns.filter((name) => names.includes(name)) : [];
  const rows = choice ? await parquetReadObjects({ file: bytes.buffer, metadata, columns }) : [];
  parentPort.postMessage({ names, rows });
})().catch((error) => parentPort.postMessage({ problem: String((error && error.message) || error) }));
`;

interface Answer {
  readonly names?: readonly string[];
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly problem?: string;
}

/** The names of all columns, and rows of the first choice that the file has; a UserError where it is damaged or takes too long. */
export async function readParquet(
  file: SourceFile,
  choices: readonly ColumnChoice[],
): Promise<{ readonly names: readonly string[]; readonly rows: readonly FlatRow[] }> {
  const { names, rows, problem } = await answerOf(file, choices);
  if (names && rows) return { names, rows: rows.map(flat) };
  throw malformed(file, problem ?? "what it holds", "a whole Parquet file");
}

function answerOf({ bytes }: SourceFile, choices: readonly ColumnChoice[]): Promise<Answer> {
  const worker = new Worker(script, {
    eval: true,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memory_mb },
    workerData: {
      library: import.meta.resolve("hyparquet"),
      bytes: new Uint8Array(bytes),
      choices,
      ...limits,
    },
  });
  return new Promise<Answer>((resolve) => {
    const impatient = setTimeout(() => {
      resolve({ problem: "reading, which went on and on" });
      void worker.terminate();
    }, patience_s(bytes) * 1e3);
    worker.once("message", resolve);
    worker.once("error", ({ message }) => resolve({ problem: message }));
    worker.once("exit", () => {
      clearTimeout(impatient);
      resolve({ problem: "reading, which ended early" });
    });
  });
}

const flat = (row: Readonly<Record<string, unknown>>): FlatRow =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, plain(value)]],
    ),
  );

const plain = (value: unknown): string | number => {
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? value : String(value);
};
