import { spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { beforeAll, expect, test } from "vitest";
import { wordsOf } from "../../src/app/cli/command-words.ts";
import { printedDocuments } from "../../src/app/cli/json/index.ts";
import { everyCommand } from "../../src/app/cli/program.ts";
import { runCli } from "../../src/app/cli/run-cli.ts";
import { exitCodes } from "../../src/errors.ts";
import { cli, wholeProgram } from "../support/cli.ts";
import { type CommandFolder, commandFolder } from "../support/command-folder.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";
import {
  casesOf,
  expectSuccess,
  longSuccesses,
  quickSuccesses,
  quickstartSuccess,
  served,
} from "./successes.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-every-command-"));
const missing = join(folder, "missing");
const convolution = ["--op", "conv2d", "--kernel", "3", "--in", "4x4x4", "--out", "8"];

/** For every command a mistake that a person can make, and what the answer must name. */
const mistakes: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
  quickstart: [["--budget", "2"], /Expected a fraction between 0 and 1/],
  devices: [["--jsno"], /--jsno.*\n.*--json/],
  "devices list": [["--jsno"], /--jsno/],
  "devices show": [["pixel-9"], /No device "pixel-9"/],
  "devices probe": [["locla"], /No device "locla"/],
  "devices add": [["board"], /required option '--like <id>'/],
  "devices trace": [[missing], /missing/],
  profile: [["--net", "mnist-cn"], /mnist-cn/],
  query: [["csot"], /No command of query "csot"/],
  "query cost": [["--db", missing, ...convolution], /missing/],
  "query network": [["mnist-cnn", "--db", missing], /missing/],
  "query marginal": [["--db", missing, ...convolution], /missing/],
  "query stairs": [["--db", missing], /missing/],
  "query kernels": [["--db", missing], /missing/],
  "query platforms": [["--db", missing], /missing/],
  estimate: [[missing, "--db", missing], /missing/],
  search: [["--net", "mnist-cnn"], /required option '--data <set>'/],
  train: [["--net", "mnist-cnn"], /required option '--data <set>'/],
  verify: [[missing], /missing/],
  report: [[missing], /missing/],
  table: [["chekc"], /No command of table "chekc"/],
  "table check": [["--db", missing], /missing/],
  "table import": [[missing, "--db", join(folder, "new.db")], /missing/],
  "table export": [["--db", missing], /missing/],
  "table merge": [[join(folder, "merged.db"), missing], /missing/],
  "table diff": [[missing, missing], /missing/],
  "table publish": [["--db", missing, "-o", join(folder, "published.db")], /missing/],
  serve: [["--db", missing], /missing/],
  agent: [["--runtime", "ort-cpu"], /required option '--meters <ids>'/],
  data: [["fecth"], /No command of data "fecth"/],
  "data fetch": [["mnsit"], /mnsit/],
  completion: [["bsh"], /No shell "bsh"/],
};

const successes = { ...quickSuccesses, ...longSuccesses, ...quickstartSuccess };

let commands: readonly Command[];
let files: CommandFolder;
beforeAll(async () => {
  commands = everyCommand(await wholeProgram()).slice(1);
  files = await commandFolder();
}, 120_000);

test("every command of the program has its mistake here, and its success", () => {
  const words = commands.map(wordsOf).sort();

  expect(Object.keys(mistakes).sort()).toEqual(words);
  expect([...Object.keys(successes), ...served].sort()).toEqual(words);
});

test("every document under --json is pinned, and some success prints it", () => {
  const knowing = commands.filter(({ options }) => options.some(({ long }) => long === "--json"));

  expect(Object.keys(printedDocuments).sort()).toEqual(knowing.map(wordsOf).sort());
  for (const [words, documents] of Object.entries(printedDocuments))
    expect(successes[words], words).toHaveLength(documents.length);
});

test.each(Object.entries(mistakes))(
  "a mistake with %s is named on stderr, with the code of wrong usage and no answer",
  async (words, [args, says]) => {
    const { code, stdout, stderr } = await cli([...words.split(" "), ...args]);

    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^error: /im);
    expect({ code, stdout }).toEqual({ code: exitCodes.usage, stdout: "" });
  },
);

test.each(casesOf(quickSuccesses))("$title answers as text and as its document", async (one) => {
  await expectSuccess(one, files);
});

test("serve answers over HTTP until it is stopped", async () => {
  const stop = new AbortController();
  const printed = new EventEmitter();
  const listening = once(printed, "answer");
  const code = runCli(["serve", "--db", files.db, "--port", "0"], {
    stdout: { write: (text) => printed.emit("answer", text.trim()) },
    stderr: { write: () => true },
    env: {},
    signal: stop.signal,
  });
  const [url] = await listening;

  const answer = await fetch(`${url}/api/platforms`);
  stop.abort();

  expect(await answer.json()).toMatchObject({ schema: 1, rows: [{ device: "local" }] });
  expect(await code).toBe(exitCodes.done);
});

test("agent greets whoever starts it, and ends with its input", () => {
  const [node, main] = wattsplitCommand;
  const args = [main, "agent", "--runtime", "ort-cpu", "--meters", "none"];
  const { status, stdout } = spawnSync(node, args, { input: "" });

  expect(status).toBe(exitCodes.done);
  expect(stdout.toString("latin1")).toContain("wattsplit");
});
