import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { wordsOf } from "../../src/app/cli/command-words.ts";
import { environmentVariables } from "../../src/app/cli/environment.ts";
import { examples } from "../../src/app/cli/examples.ts";
import { everyCommand } from "../../src/app/cli/program.ts";
import { hasColour } from "../../src/app/cli/terminal.ts";
import { exitCodes } from "../../src/errors.ts";
import { cli, wholeProgram } from "../support/cli.ts";
import { writeFormulaTable } from "../support/formula-table.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";

const nowhere = { write: () => true };

describe("a typing error", () => {
  it.each([
    [["serch", "--net", "x"], /No command "serch"/, /Known: search,/],
    [["serch", "--help"], /No command "serch"/, /Known: search,/],
    [["help", "serch"], /No command "serch"/, /Known: search,/],
    [["query", "csot"], /No command of query "csot"/, /Known: cost,/],
    [["devices", "prob", "local"], /No command of devices "prob"/, /Known: probe/],
    [["completion", "bsh"], /No shell "bsh"/, /Known: bash,/],
    [["query", "cost", "--strid", "1"], /unknown option '--strid'/, /Did you mean --stride/],
  ])("%j is answered with the nearest name", async (args, says, offers) => {
    const { code, stderr, stdout } = await cli(args);

    expect(stderr).toMatch(says);
    expect(stderr).toMatch(offers);
    expect(code).toBe(exitCodes.usage);
    expect(stdout).toBe("");
  });
});

describe("help", () => {
  it.each([[["query"]], [["query", "cost"]], [["profile"]]])(
    "of %j is the same by word and by flag, and ends with examples",
    async (words) => {
      const byWord = await cli(["help", ...words]);
      const byFlag = await cli([...words, "--help"]);

      expect(byWord).toEqual(byFlag);
      expect(byWord.code).toBe(exitCodes.done);
      expect(byWord.stdout).toMatch(/Examples:\n {2}wattsplit /);
    },
  );

  it("on everything is that of the program", async () => {
    expect(await cli(["help"])).toEqual(await cli(["--help"]));
  });

  it("has examples for every command, and all of them parse", async () => {
    const commands = everyCommand(await wholeProgram()).slice(1);
    const byWords = new Map(commands.map((command) => [wordsOf(command), command]));

    expect(Object.keys(examples).sort()).toEqual([...byWords.keys()].sort());
    for (const line of Object.values(examples).flat()) {
      const [first = "", second = "", ...rest] = line.replace(/ >.*/, "").split(" ");
      const nested = byWords.get(`${first} ${second}`);
      const command = nested ?? byWords.get(first);
      const parsed = command?.parseOptions(nested || second === "" ? rest : [second, ...rest]);
      expect(parsed?.unknown, line).toEqual([]);
    }
  });
});

describe("completion", () => {
  const completed = async (line: string): Promise<string[]> => {
    const words = line.split(" ");
    const typed = words.map((word) => `"${word}"`).join(" ");
    const script = `${(await cli(["completion", "bash"])).stdout}
      COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; _wattsplit; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", script]).toString().trim().split("\n");
  };

  const completionFile = async (shell: string): Promise<string> => {
    const file = join(mkdtempSync(join(tmpdir(), "wattsplit-completion-")), `wattsplit.${shell}`);
    writeFileSync(file, (await cli(["completion", shell])).stdout);
    return file;
  };

  it("in bash offers commands, commands below them, their flags and the values of those", async () => {
    expect(await completed("wattsplit pro")).toEqual(["profile"]);
    expect(await completed("wattsplit query ")).toContain("stairs");
    expect(await completed("wattsplit query cost --str")).toEqual(["--stride"]);
    expect(await completed("wattsplit profile --net query --method ")).toEqual([
      "in-context",
      "isolated",
    ]);
  });

  it.for(["bash", "zsh", "fish"])(
    "for %s is a script that the shell reads",
    async (shell, { skip }) => {
      if (spawnSync(shell, ["--version"]).status !== 0) skip(`${shell} is missing`);
      const file = await completionFile(shell);

      const { status, stderr } = spawnSync(shell, ["-n", file]);

      expect(stderr.toString()).toBe("");
      expect(status).toBe(0);
    },
  );

  it("in zsh offers them too, sourced or found by name", async ({ skip }) => {
    if (spawnSync("zsh", ["--version"]).status !== 0) skip("zsh is missing");
    const { stdout } = await cli(["completion", "zsh"]);
    // Outside of its line editor zsh has no compadd: what it would be given is printed.
    const offered = (words: string, call: string): string[] =>
      execFileSync("zsh", ["-f"], {
        input: `compdef() { : }; _files() { : }; compadd() { print -l -- "\${@[2,-1]}" }
          words=(${words}); CURRENT=$#words
          ${call}`,
      })
        .toString()
        .trim()
        .split("\n");
    const sourced = `${stdout}\n_wattsplit`;
    const autoloaded = `_wattsplit() {\n${stdout}\n}\n_wattsplit`;

    for (const call of [sourced, autoloaded]) {
      expect(offered('wattsplit query ""', call)).toContain("stairs");
      expect(offered("wattsplit query cost --str", call)).toContain("--stride");
      expect(offered('wattsplit profile --net query --method ""', call)).toEqual([
        "in-context",
        "isolated",
      ]);
    }
  });

  it("in fish offers commands, those below them, their flags and the values of those", async ({
    skip,
  }) => {
    if (spawnSync("fish", ["--version"]).status !== 0) skip("fish is missing");
    const file = await completionFile("fish");
    const offered = (line: string): string[] =>
      execFileSync("fish", ["--no-config", "-c", `source ${file}; complete -C '${line}'`])
        .toString()
        .trim()
        .split("\n")
        .map((row) => row.split("\t")[0] ?? "");

    expect(offered("wattsplit pro")).toEqual(["profile"]);
    expect(offered("wattsplit query ")).toContain("stairs");
    expect(offered("wattsplit query cost --str")).toEqual(["--stride"]);
    expect(offered("wattsplit profile --method ")).toEqual(["in-context", "isolated"]);
  });

  it.each(["bash", "zsh", "fish"])("for %s names every command and flag", async (shell) => {
    const { stdout } = await cli(["completion", shell]);

    for (const command of everyCommand(await wholeProgram())) {
      expect(stdout).toContain(command.parent ? command.name() : "wattsplit");
      for (const { long } of command.options) expect(stdout).toContain(long?.slice(2));
    }
  });
});

describe("environment variables", () => {
  it("that options read are listed, and all of our own that the sources name", async () => {
    const ofOptions = everyCommand(await wholeProgram()).flatMap(({ options }) =>
      options.flatMap(({ envVar }) => envVar ?? []),
    );
    const sources = ["src", "devices", "energy-db", "profiler", "search"].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(folder, name), "utf8")),
    );
    const named = sources.flatMap((text) => text.match(/\bWATTSPLIT_[A-Z]+\b/g) ?? []);

    expect(Object.keys(environmentVariables)).toEqual(
      expect.arrayContaining([...new Set([...ofOptions, ...named])]),
    );
  });
});

describe("colours", () => {
  const terminal = { ...nowhere, isTTY: true };

  it("are for terminals, unless the environment says otherwise, stream by stream", () => {
    expect(hasColour(terminal, {})).toBe(true);
    expect(hasColour(nowhere, {})).toBe(false);
    expect(hasColour(terminal, { NO_COLOR: "1" })).toBe(false);
    expect(hasColour(terminal, { TERM: "dumb" })).toBe(false);
    expect(hasColour(nowhere, { FORCE_COLOR: "1" })).toBe(true);
    expect(hasColour(terminal, { FORCE_COLOR: "0" })).toBe(false);
    expect(hasColour(terminal, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
  });

  it("reach an error message where they are forced", async () => {
    const { stderr } = await cli(["serch"], { env: { FORCE_COLOR: "1" } });

    expect(stderr).toContain("\u001b[31mError:");
  });
});

describe("streams", () => {
  let db: string;
  beforeAll(() => {
    db = writeFormulaTable(mkdtempSync(join(tmpdir(), "wattsplit-streams-")));
  });

  it("may be closed by a reader that has seen enough", async () => {
    const [node, main] = wattsplitCommand;
    const child = spawn(node, [main, "query", "kernels", "--db", db, "--json"]);
    child.stdout.destroy();
    let complaints = "";
    child.stderr.on("data", (text: Buffer) => {
      complaints += text.toString();
    });

    const code = await new Promise((resolve) => child.on("close", resolve));

    expect(complaints).toBe("");
    expect(code).toBe(exitCodes.done);
  });

  it("keep the report's page on standard output when asked to", async () => {
    const { stdout, code } = await cli(["report", "--db", db, "-o", "-"]);

    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(/^<!doctype html>/i);
    expect(stdout.trimEnd()).toMatch(/<\/html>$/);
  });

  it("keep remedies out of the answer", async () => {
    const { stdout, stderr } = await cli(["devices"]);

    expect(stdout).not.toContain("To use");
    expect(stdout + stderr).toMatch(/no\s+\S|yes/);
  });
});
