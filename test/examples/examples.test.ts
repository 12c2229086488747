import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const programs = readdirSync("examples").filter((name) => name.endsWith(".ts"));

test.each(programs)("examples/%s runs to its end and prints its results", async (program) => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    "tsx",
    "--conditions=wattsplit-source",
    `examples/${program}`,
  ]);

  expect(stdout).toMatch(/\d/);
});
