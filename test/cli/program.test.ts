import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { commandNames } from "../../src/app/cli/program.ts";
import { built } from "../support/built.ts";
import { wholeProgram } from "../support/cli.ts";

const listed = async (wanted: readonly string[]) =>
  (await wholeProgram(wanted)).commands.map((command) => [command.name(), command.description()]);

test("the list of commands says of each what the command says of itself", async () => {
  expect(await listed([])).toEqual(await listed(commandNames));
});

test("help loads neither tfjs nor ONNX Runtime", () => {
  const program = `
    import { createRequire } from "node:module";
    import { runCli } from "${pathToFileURL(built("src/app/cli/run-cli.ts"))}";
    const { signal } = new AbortController();
    const code = await runCli(["--help"], { stdout: process.stdout, stderr: process.stderr, env: {}, signal });
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(code, loaded.filter((path) => /tensorflow|onnxruntime/.test(path)).length, "loaded");
  `;
  const node = ["--input-type=module", "--eval", program];

  const printed = execFileSync(process.execPath, node).toString();

  expect(printed).toContain("quickstart");
  expect(printed).toMatch(/^0 0 loaded$/m);
});
