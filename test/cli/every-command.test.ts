import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wordsOf } from "../../src/app/cli/command-words.ts";
import { buildProgram, commandNames, everyCommand } from "../../src/app/cli/program.ts";
import { Terminal } from "../../src/app/cli/terminal.ts";
import { exitCodes } from "../../src/errors.ts";
import { cli } from "../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-every-command-"));
const missing = join(folder, "missing");
const convolution = ["--op", "conv2d", "--kernel", "3", "--in", "4x4x4", "--out", "8"];

/** For every command a mistake that a person can make, and what the answer must name. */
const mistakes: Readonly<Record<string, readonly [args: readonly string[], says: RegExp]>> = {
  quickstart: [["--budget", "2"], /Expected a fraction between 0 and 1/],
  devices: [["--jsno"], /--jsno.*\n.*--json/],
  "devices list": [["--jsno"], /--jsno/],
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

test("every command of the program has its mistake here", async () => {
  const nowhere = { write: () => true };
  const program = await buildProgram(
    {
      terminal: new Terminal({ stdout: nowhere, stderr: nowhere, now_s: () => 0 }),
      env: {},
      signal: new AbortController().signal,
      version: "0",
      args: [],
    },
    { stdout: nowhere, stderr: nowhere, wanted: commandNames },
  );

  const words = everyCommand(program).slice(1).map(wordsOf);

  expect(Object.keys(mistakes).sort()).toEqual([...words].sort());
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
