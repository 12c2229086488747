import { join } from "node:path";
import { expect } from "vitest";
import { printedDocuments } from "../../src/app/cli/json/index.ts";
import { exitCodes } from "../../src/errors.ts";
import { cli } from "../support/cli.ts";
import { type CommandFolder, searchWords } from "../support/command-folder.ts";

/** A command line that succeeds: once as text, once more under --json where the command knows that. */
interface Success {
  /** Behind the command's words; `form` names files that the other run must not find. */
  readonly args: (files: CommandFolder, form: "text" | "json") => readonly string[];
  /** What its answer holds, as text. Absent where asking twice would measure twice: texts.test.ts has those texts. */
  readonly says?: RegExp;
}

const convolution = ["--op", "conv2d", "--kernel", "3", "--in", "4x4x4", "--out", "8"];
const help: Success = { args: () => ["--help"], says: /^Usage: /m };

/** Of each command that answers at once, one for every document that it prints. */
export const quickSuccesses: Readonly<Record<string, readonly Success[]>> = {
  devices: [{ args: () => [], says: /ort-cpu +yes/ }],
  "devices list": [{ args: () => [], says: /^generic-linux +ssh/m }],
  "devices show": [{ args: () => ["pixel-8"], says: /^begins below +35 °C/m }],
  "devices probe": [{ args: () => ["local"], says: /ort-cpu +yes/ }],
  "devices add": [
    {
      args: () => ["board", "--like", "generic-linux", "--address", "pi@board"],
      says: /board\.json$/m,
    },
  ],
  // 0.3 W for a second.
  "devices trace": [
    { args: ({ trace }) => [trace], says: /Median 300000\.000 µJ per inference/ },
    {
      args: ({ traced }) => [traced.trace, "--db", traced.db],
      says: /(100\.0|99\.9)\d+ s .*\nEnergy of 1 networks in session 1 \(measured\)/,
    },
  ],
  query: [help],
  "query cost": [
    { args: ({ db }) => ["--db", db, ...convolution], says: /interpolated/ },
    {
      args: ({ foreignDb }) => [
        ...["--db", foreignDb, "--device", "pixel3", "--op", "conv2d"],
        ...["--in", "8x8x8", "--out", "20"],
      ],
      says: /^latency +1 ms/m,
    },
    {
      args: ({ db }) => [
        ...["--db", db, "--op", "conv2d", "--kernel", "5", "--in", "9x9x4", "--out", "8"],
        "--predict",
      ],
      says: /predicted/,
    },
  ],
  "query network": [
    { args: ({ db, net }) => [net, "--db", db], says: /^small: .*predicted/m },
    {
      args: ({ db }) => ["mobilenet-v1-cifar", "--predict", "--db", db],
      says: /^mobilenet-v1-cifar: .*predicted/m,
    },
  ],
  "query marginal": [
    { args: ({ db }) => ["--db", db, ...convolution, "--by", "4"], says: /4 more output channels/ },
    {
      args: ({ db, net }) => ["--db", db, "--net", net, "--layer", "conv1", "--by", "4"],
      says: /4 more neurons in conv1/,
    },
    {
      args: ({ foreignDb }) => [
        ...["--db", foreignDb, "--device", "pixel3", "--op", "conv2d"],
        ...["--in", "8x8x8", "--out", "20", "--by", "4"],
      ],
      says: /^free until width 32/m,
    },
  ],
  "query stairs": [
    { args: ({ db }) => ["--db", db], says: /widths seen/ },
    { args: ({ foreignDb }) => ["--db", foreignDb, "--device", "pixel3"], says: /^conv2d .* 32 /m },
  ],
  "query kernels": [
    { args: ({ db }) => ["--db", db], says: /conv2d 3x3/ },
    {
      args: ({ foreignDb }) => ["--db", foreignDb, "--device", "pixel3", "--limit", "3"],
      says: /^row +op +in +out +latency us/m,
    },
  ],
  "query platforms": [{ args: ({ db }) => ["--db", db], says: /^ *\d+ +local .*ort-cpu/m }],
  estimate: [
    {
      args: ({ db, found }) => [join(found, "network.onnx"), "--db", db],
      says: /multiply-accumulates in \d+ steps/,
    },
  ],
  report: [{ args: ({ found }) => [found, "-o", "-"], says: /^<!doctype html>/i }],
  table: [help],
  "table check": [{ args: ({ db }) => ["--db", db], says: /rank with work/ }],
  "table import": [
    {
      args: ({ foreign, folder }, form) => [foreign, "--db", join(folder, `${form}.db`)],
      says: /^pixel3 +json/m,
    },
  ],
  "table export": [{ args: ({ foreignDb }) => ["--db", foreignDb], says: /"device": ?"pixel3"/ }],
  "table merge": [
    {
      args: ({ db, folder }, form) => [join(folder, `merged-${form}.db`), db],
      says: /added .* 1 platforms/,
    },
  ],
  "table diff": [{ args: ({ db }) => [db, db], says: /^0 of \d+ costs changed/m }],
  "table publish": [
    {
      args: ({ db, folder }, form) => ["--db", db, "-o", join(folder, `published-${form}.db`)],
      says: /SHA-256 [0-9a-f]{64}/,
    },
  ],
  data: [help],
  "data fetch": [{ args: () => ["synthetic"], says: /synthetic is ready/ }],
  completion: [{ args: () => ["bash"], says: /complete -o default -F _wattsplit wattsplit/ }],
};

/** The same of commands that measure, search or train. */
export const longSuccesses: Readonly<Record<string, readonly Success[]>> = {
  profile: [
    {
      args: ({ net, folder }) => [
        ...["--net", net, "--db", join(folder, "profiled.db"), "--networks", "2"],
        ...["--held-out", "0", "--target-ci", "0.9", "--patience", "0.001s", "--time-limit", "5s"],
        "--allow-conditions",
      ],
    },
    { args: ({ net }) => ["--net", net, "--dry-run"], says: /kernels inside \d+ design networks/ },
  ],
  search: [
    {
      args: (files, form) => searchWords(files, join(files.folder, `search-${form}`)),
      says: /Test accuracy/,
    },
    {
      args: ({ folder }, form) => [
        ...[
          "--method",
          "autoshrink",
          "--cell",
          "rnn",
          "--data",
          `text:${join(folder, "words.txt")}`,
        ],
        ...["--recipe", "trial", "--train-threads", "1", "--out", join(folder, `text-${form}`)],
      ],
      says: /^Test perplexity /m,
    },
  ],
  train: [
    {
      args: ({ net, folder }, form) => [
        ...["--net", net, "--data", "synthetic", "--epochs", "1", "--batch", "64"],
        ...["--train-threads", "1", "--out", join(folder, `trained-${form}`)],
      ],
      says: /Test accuracy .* after 1 epochs/,
    },
    {
      args: ({ folder }, form) => [
        ...["--net", "gcn", "--data", `cora:${folder}`, "--epochs", "2"],
        ...["--train-threads", "1", "--out", join(folder, `graph-${form}`)],
      ],
      says: /at epoch \d of 2/,
    },
    {
      args: ({ folder }, form) => [
        ...["--net", "shrink-rnn", "--data", `text:${join(folder, "words.txt")}`],
        ...["--recipe", "trial", "--epochs", "1", "--train-threads", "1"],
        ...["--out", join(folder, `text-trained-${form}`)],
      ],
      says: /^Test perplexity /m,
    },
  ],
  verify: [
    { args: ({ found }) => [found, "--patience", "0.1s", "--allow-conditions"] },
    // What the search on a text, above, has left.
    {
      args: ({ folder }) => [
        ...[join(folder, "text-json"), "--patience", "0.1s", "--allow-conditions"],
      ],
    },
    {
      args: ({ net, db }) => [
        ...["--net", net, "--db", db, "--patience", "0.1s", "--allow-conditions"],
      ],
    },
  ],
};

/** Of the longest, whose table has to be there. */
export const quickstartSuccess: Readonly<Record<string, readonly Success[]>> = {
  quickstart: [
    {
      args: ({ folder }) => [
        ...["--trial", "--allow-conditions", "--budget", "0.2"],
        ...["--out", join(folder, "quickstart")],
      ],
    },
  ],
};

/** Commands that serve until they are stopped: their tests stand beside the others. */
export const served = ["serve", "agent"] as const;

/** Every case of a set as a row for `test.each`. */
export const casesOf = (successes: Readonly<Record<string, readonly Success[]>>) =>
  Object.entries(successes).flatMap(([words, own]) =>
    own.map((success, i) => ({
      title: `${words} ${printedDocuments[words]?.[i]?.when ?? ""}`.trim(),
      words,
      success,
      document: printedDocuments[words]?.[i]?.schema,
    })),
  );

/** Runs a command as people do and as programs do; what it prints for the latter is its document and nothing else. */
export async function expectSuccess(
  { words, success, document }: ReturnType<typeof casesOf>[number],
  files: CommandFolder,
): Promise<void> {
  const env = { WATTSPLIT_DEVICES: join(files.folder, "devices") };
  if (success.says) {
    const text = await cli([...words.split(" "), ...success.args(files, "text")], { env });
    const stdout = expect.stringMatching(success.says);
    expect(text).toMatchObject({ code: exitCodes.done, stdout });
  }
  if (!document) return;
  const json = await cli([...words.split(" "), ...success.args(files, "json"), "--json"], { env });
  expect(json).toMatchObject({ code: exitCodes.done, stdout: expect.stringMatching(/^\{.*\}\n$/) });
  const { schema, ...printed } = JSON.parse(json.stdout);
  expect(schema).toBe(1);
  // A field that the schema lacks is dropped by it, and missed here.
  expect(document.parse(printed)).toEqual(printed);
}
